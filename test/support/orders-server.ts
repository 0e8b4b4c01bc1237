import type { PostgresRoleSettings } from '../../activities/providers/postgres-account';
import { createPostgresRoleProvider } from '../../activities/providers/postgres-role';
import { createPostgresStore } from '../../activities/store/secret-stores/postgres';
import type { Database } from '../../activities/store/database';
import type { SecretStore } from '../../domain/ports/stores';
import { makeOrdersDatabase } from '../../drills/estate/estate-database';
import { TEST_FINGERPRINT_KEYS } from './fingerprint-keys';

/** The `postgres-role` provider's account on a real server: the demo's database and its admin role, which is no superuser. */
export async function ordersAccount(superuserUrl: string): Promise<PostgresRoleSettings> {
  const { adminUrl, database, ownerRole } = await makeOrdersDatabase(superuserUrl);
  const { hostname, port } = new URL(adminUrl);
  return { adminUrl, host: hostname, port: Number(port), database, ownerRole };
}

/** The real secret store, with a key of this test. */
export function testSecretStore(database: Database): SecretStore {
  return createPostgresStore(database, { id: 'test', key: Buffer.alloc(32, 7) });
}

export function ordersProvider(account: PostgresRoleSettings, secrets: SecretStore) {
  return createPostgresRoleProvider(new Map([['orders', account]]), secrets, TEST_FINGERPRINT_KEYS[0]);
}
