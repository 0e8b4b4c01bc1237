import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';

const MIGRATIONS = join(__dirname, '../../activities/store/migrations');

/**
 * Our schema, from the migrations themselves. Their runner is a package of ES modules only, which Jest does not load; the local
 * stack and the demo go through it.
 */
export async function applyProductSchema(databaseUrl: string): Promise<void> {
  const files = (await readdir(MIGRATIONS)).filter((file) => file.endsWith('.sql')).sort();
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (const file of files) {
      const [up = ''] = (await readFile(join(MIGRATIONS, file), 'utf8')).split('-- Down Migration');
      await client.query(up);
    }
  } finally {
    await client.end();
  }
}
