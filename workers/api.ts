import type { Logger } from 'pino';
import { createApiKeyStore } from '../activities/store/api-keys';
import { openDatabase } from '../activities/store/database';
import { createInventory } from '../activities/store/inventory';
import { createSecretStore } from '../activities/store/secret-store';
import { createApi } from '../api/server';
import { readSecretFile, type Config } from './config';
import { readKey } from './keys';
import type { Running } from './running';

const HOST = '127.0.0.1';

/** The HTTP API's process. */
export async function startApi(config: Config<'api'>, log: Logger): Promise<Running> {
  const database = openDatabase(readSecretFile(config.TOURNIQUET_DATABASE_URL_FILE), {
    applicationName: 'tourniquet-api',
  });
  const app = createApi({
    apiKeys: createApiKeyStore(database),
    inventory: createInventory(database),
    secrets: createSecretStore(database, { id: 'sealing', key: readKey(config.TOURNIQUET_SEALING_KEY_FILE) }),
    log,
  });
  const url = await app.listen({ host: HOST, port: config.TOURNIQUET_API_PORT });
  log.info({ url }, 'api listens');
  return {
    async stop() {
      await app.close();
      await database.end();
    },
  };
}
