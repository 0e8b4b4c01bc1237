import { join } from 'node:path';
import { Client } from 'pg';
import type { LocalStack, StackAddresses } from './local-stack';
import { natsInfo } from './nats-server';
import { probePostgres } from './postgres-server';
import { ensureSearchAttributes } from './search-attributes';
import { messageOf, StackError } from './stack-error';
import { NAMESPACE, probeTemporal } from './temporal-server';

const NATS_PORT = 4222;
const UI_PORT_OFFSET = 1_000;

/** A Temporal that runs already: checked, and given the search attributes that it lacks. */
export async function existingTemporal(
  addresses: StackAddresses,
): Promise<Omit<Required<LocalStack>['temporal'], 'codec'>> {
  const { temporal: address = '', temporalNamespace: namespace = NAMESPACE } = addresses;
  await answering('Temporal', address, 'TOURNIQUET_TEMPORAL_ADDRESS', () =>
    probeTemporal(address, namespace, (connection) => ensureSearchAttributes(connection, namespace)),
  );
  return { address, namespace, uiUrl: addresses.temporalUi ?? usualUiUrl(address) };
}

export async function existingNats(addresses: StackAddresses): Promise<Required<LocalStack>['nats']> {
  const { nats = '' } = addresses;
  const url = nats.includes('://') ? nats : `nats://${nats}`;
  await answering('NATS', withoutPassword(url), 'TOURNIQUET_NATS_URL', async () => {
    const { hostname, port } = new URL(url);
    const info = await natsInfo(hostname, port === '' ? NATS_PORT : Number(port));
    if (!/"jetstream":\s*true/.test(info)) throw new Error('its JetStream is switched off; start it with --jetstream');
  });
  return { url };
}

export async function existingPostgres(addresses: StackAddresses): Promise<Required<LocalStack>['postgres']> {
  const { postgres: adminUrl = '' } = addresses;
  let jsonLogDirectory = '';
  await answering('PostgreSQL', withoutPassword(adminUrl), 'TOURNIQUET_DATABASE_URL', async () => {
    await probePostgres(adminUrl);
    jsonLogDirectory = await logDirectoryOf(adminUrl);
  });
  return { adminUrl, jsonLogDirectory, binDirectory: '' };
}

async function answering(name: string, address: string, variable: string, ask: () => Promise<void>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    if (error instanceof StackError) throw error;
    throw new StackError(
      'ADDRESS_UNREACHABLE',
      `${name} at ${address} does not answer as it should (${messageOf(error)}). ` +
        `Correct or unset ${variable}; unset, the local stack starts its own.`,
      { cause: error },
    );
  }
}

function usualUiUrl(address: string): string {
  const [host, port] = address.split(':');
  return `http://${host}:${Number(port ?? 7_233) + UI_PORT_OFFSET}`;
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//');
}

async function logDirectoryOf(adminUrl: string): Promise<string> {
  const client = new Client({ connectionString: adminUrl, query_timeout: 2_000 });
  await client.connect();
  try {
    const setting = "SELECT current_setting('data_directory') AS data, current_setting('log_directory') AS log";
    const { rows } = await client.query<{ data: string; log: string }>(setting);
    const row = rows[0];
    if (!row) return '';
    return row.log.startsWith('/') ? row.log : join(row.data, row.log);
  } finally {
    await client.end();
  }
}
