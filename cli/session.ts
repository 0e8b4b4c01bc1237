import type { Client } from '@temporalio/client';
import { openDatabase, type Database } from '../activities/store/database';
import { parseConfig, readSecretFile, type Config } from '../workers/config';
import { createTemporalClient } from '../workers/temporal';

export interface Session {
  readonly config: Config<'cli'>;
  readonly client: Client;
  readonly database: Database;
}

/** Opens what a command needs, runs it, and closes everything. */
export async function withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
  const config = parseConfig('cli', process.env);
  const temporal = createTemporalClient(config);
  const database = openDatabase(readSecretFile(config.TOURNIQUET_DATABASE_URL_FILE), {
    applicationName: 'tourniquet-cli',
    max: 2,
  });
  try {
    return await work({ config, client: temporal.client, database });
  } finally {
    await database.end();
    await temporal.close();
  }
}
