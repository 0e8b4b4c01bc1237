import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createApiKeyStore, type ApiKeyStore } from '../activities/store/api-keys';
import { openDatabase } from '../activities/store/database';
import { readSecretFile } from '../workers/config';
import { makeSecretFile } from './key-files';

/** Makes the API key by which a gateway asks for the denylist when NATS is away, and puts it into a file. An older one ends. */
export function issueGatewayKey(databaseUrlFile: string, directory: string, id: string): Promise<string> {
  return withApiKeys(databaseUrlFile, async (keys) => {
    const key = await keys.issue(id, 'gateway');
    await rm(join(directory, `api-${id}.key`), { force: true });
    return makeSecretFile(directory, `api-${id}.key`, key);
  });
}

/** The same for a key that stands in a file already. */
export function adoptGatewayKey(databaseUrlFile: string, keyFile: string, id: string): Promise<void> {
  return withApiKeys(databaseUrlFile, (keys) => keys.adopt(id, 'gateway', readSecretFile(keyFile)));
}

async function withApiKeys<T>(databaseUrlFile: string, work: (keys: ApiKeyStore) => Promise<T>): Promise<T> {
  const database = openDatabase(readSecretFile(databaseUrlFile), { applicationName: 'tourniquet-set-up', max: 1 });
  try {
    return await work(createApiKeyStore(database));
  } finally {
    await database.end();
  }
}
