import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createApiKeyStore } from '../activities/store/api-keys';
import { openDatabase } from '../activities/store/database';
import { makeSecretFile } from './key-files';

/** Makes the API key by which a gateway asks for the denylist when NATS is away, and puts it into a file. An older one ends. */
export async function issueGatewayKey(databaseUrlFile: string, directory: string, id: string): Promise<string> {
  const url = (await readFile(databaseUrlFile, 'utf8')).trim();
  const database = openDatabase(url, { applicationName: 'tourniquet-set-up', max: 1 });
  try {
    const key = await createApiKeyStore(database).issue(id, 'gateway');
    await rm(join(directory, `api-${id}.key`), { force: true });
    return await makeSecretFile(directory, `api-${id}.key`, key);
  } finally {
    await database.end();
  }
}
