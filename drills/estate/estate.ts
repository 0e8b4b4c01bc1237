import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createApiKeyStore } from '../../activities/store/api-keys';
import type { Database } from '../../activities/store/database';
import type { ActivityDeps } from '../../activities/deps';
import { issueFirstVersion } from '../../activities/issue-first-version';
import type { Credential } from '../../domain/credential';
import { parseMaterial } from '../../domain/secret-material';
import { freePort } from '../../stack/free-port';
import type { NatsUser } from '../../stack/nats-roles';
import { makeSecretFile } from '../../stack/key-files';
import type { OrdersDeployment } from './deploy';
import { sessionsOf } from './estate-database';
import {
  ordersCredential,
  ORDERS_SERVICES,
  reportsCredential,
  REPORTS_CLIENTS,
  type ServicePorts,
} from './estate-credentials';
import { startEstateProcess, type EstateProcess } from './estate-process';

/** Steady load, requests a second each. */
const ORDERS_RATE = 25;
const REPORTS_RATE = 20;
/** Loopback, but not where the services come from. */
const ATTACKER_DATABASE_ADDRESS = '127.0.0.66';

export interface EstatePorts {
  readonly reportsApi: number;
  readonly services: ServicePorts;
}

/** The systems Tourniquet protects in the demo and the drills: real processes with real credentials. */
export interface Estate {
  readonly credentials: readonly Credential[];
  readonly services: readonly EstateProcess[];
  /** Of one credential, or of all. It counts by the credential's id. */
  startAttacker(credentialId?: string): Promise<EstateProcess>;
  /** Sessions of the stolen version that the system itself counts; undefined where it keeps none. */
  sessionsAlive(credential: Credential): Promise<number | undefined>;
  stop(): Promise<void>;
}

export async function chooseEstatePorts(): Promise<EstatePorts> {
  const services: Record<string, number> = {};
  for (const name of [...ORDERS_SERVICES, ...REPORTS_CLIENTS.map((client) => client.name)])
    services[name] = await freePort();
  return { reportsApi: await freePort(), services };
}

/** What an estate is registered with. */
export interface EstateParts {
  readonly deps: ActivityDeps;
  readonly database: Database;
  readonly natsUrl: string;
  readonly natsUser?: NatsUser | undefined;
}

/** Registers the two credentials, has their first versions issued, and starts the services that use them. */
export async function startEstate(
  deployment: OrdersDeployment,
  ports: EstatePorts,
  parts: EstateParts & { readonly postgresUrl: string },
): Promise<Estate> {
  const directory = join(deployment.directory, 'estate');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const apiKeys = createApiKeyStore(parts.database);
  const credentials = [ordersCredential(ports.services, deployment.orders.principal), reportsCredential()] as const;
  for (const credential of credentials) await issueFirstVersion(parts.deps, credential);
  const [orders, reports] = credentials;

  const keyFileOf = async (name: string): Promise<string> =>
    makeSecretFile(directory, `${name}.key`, await apiKeys.issue(name, 'dependent'));
  const started: EstateProcess[] = [];
  for (const name of ORDERS_SERVICES) {
    const [port, countersPort] = [portOf(ports, name), await freePort()];
    const config = {
      name,
      port,
      countersPort,
      apiUrl: deployment.apiUrl,
      apiKeyFile: await keyFileOf(name),
      hookKeyFile: deployment.keys.hook,
      credentialId: orders.id,
      requestsPerSecond: ORDERS_RATE,
    };
    started.push(await startEstateProcess(directory, 'ordersService', name, config, countersPort));
  }
  for (const { name, address, agent } of REPORTS_CLIENTS) {
    const port = portOf(ports, name);
    const config = {
      name,
      port,
      apiUrl: deployment.apiUrl,
      apiKeyFile: await keyFileOf(name),
      natsUrl: parts.natsUrl,
      ...(parts.natsUser ? { natsUser: parts.natsUser } : {}),
      gatewayUrl: deployment.gatewayUrl,
      credentialId: reports.id,
      requestsPerSecond: REPORTS_RATE,
      address,
      agent,
    };
    started.push(await startEstateProcess(directory, 'reportsClient', name, config, port));
  }

  const attackers: EstateProcess[] = [];
  let stopping = false;
  return {
    credentials,
    services: started,
    async startAttacker() {
      const port = await freePort();
      const { kind: _kind, ...stolenDatabase } = parseMaterial('postgres', await stolen(parts.deps, orders));
      const config = {
        port,
        gatewayUrl: deployment.gatewayUrl,
        tokenId: reports.id,
        databaseId: orders.id,
        stolenToken: parseMaterial('api-token', await stolen(parts.deps, reports)).token,
        stolenDatabase,
        databaseFromAddress: ATTACKER_DATABASE_ADDRESS,
      };
      const attacker = await startEstateProcess(directory, 'attacker', 'attacker', config, port);
      attackers.push(attacker);
      // Begun while the estate was being stopped: it must not stay behind.
      if (stopping) await attacker.stop();
      return attacker;
    },
    sessionsAlive: ({ id, principal }) =>
      id === orders.id ? sessionsOf(parts.postgresUrl, `${principal}_v1`) : Promise.resolve(0),
    async stop() {
      stopping = true;
      await Promise.all([...attackers, ...started].map((one) => one.stop()));
    },
  };
}

/** The API behind the gateway must answer before the gateway has anything to protect. */
export function startReportsApi(directory: string, ports: EstatePorts): Promise<EstateProcess> {
  return startEstateProcess(directory, 'reportsApi', 'reports-api', { port: ports.reportsApi }, ports.reportsApi);
}

/** What the attacker has: version 1 as it was leaked. */
function stolen(deps: ActivityDeps, credential: Credential): Promise<string> {
  return deps.secrets.get({ store: 'postgres', path: `credentials/${credential.id}`, version: 1 });
}

function portOf(ports: EstatePorts, name: string): number {
  const port = ports.services[name];
  if (port === undefined) throw new Error(`no port was chosen for ${name}`);
  return port;
}
