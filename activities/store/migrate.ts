import path from 'node:path';

/** Brings the schema of our own database up to date; two at once wait for each other. */
export async function migrate(databaseUrl: string): Promise<void> {
  const { runner } = await import('node-pg-migrate');
  await runner({
    databaseUrl,
    dir: path.join(__dirname, 'migrations'),
    direction: 'up',
    migrationsTable: 'schema_migrations',
    log: () => undefined,
  });
}
