import type { NatsConnection } from '@nats-io/transport-node';
import type { ActivityDeps } from '../activities/deps';
import { openDatabase, type Database } from '../activities/store/database';
import type { LocalDeployment } from '../stack/local-deployment';
import { parseConfig, readSecretFile, type Config } from '../workers/config';
import { createLog } from '../workers/log';
import { connectNats } from '../workers/nats';
import { createResponseDeps } from '../workers/response/response-deps';
import { readResponseFiles } from '../workers/response/response-files';

/** What a response worker of a deployment has, for whoever looks at it from outside. */
export interface ResponseParts {
  readonly config: Config<'response'>;
  readonly nats: NatsConnection;
  readonly database: Database;
  readonly deps: ActivityDeps;
}

/** `atEnd` gets what ends each thing that is opened, as soon as it is. */
export async function openResponseParts(
  deployment: LocalDeployment,
  name: string,
  atEnd: (end: () => Promise<unknown>) => unknown,
): Promise<ResponseParts> {
  const config = parseConfig('response', deployment.environmentOf('response'));
  const nats = await connectNats(config, name);
  await atEnd(() => nats.drain());
  const database = openDatabase(readSecretFile(deployment.databaseUrlFile), { applicationName: `tourniquet-${name}` });
  await atEnd(() => database.end());
  const deps = await createResponseDeps(config, readResponseFiles(config), nats, database, createLog(name, 'error'));
  return { config, nats, database, deps };
}
