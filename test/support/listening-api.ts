import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { openDatabase, type Database } from '../../activities/store/database';
import { migrate } from '../../activities/store/migrate';
import { createApi, type ApiParts } from '../../api/server';
import { testApi, type TestApi } from './api-parts';
import { endWorkflow } from './end-workflow';
import { freshDatabase } from './fresh-database';
import { integrationStack } from './integration-stack';

export interface ListeningApi extends Omit<TestApi, 'stop'> {
  readonly url: string;
  readonly database: Database;
  /** Terminates these workflows, of which it may have started some, and ends what it has of its own. */
  stop(workflowIds?: Iterable<string>): Promise<void>;
}

export interface ListeningApiOptions {
  readonly log: Logger;
  /** In place of the NATS server of all. */
  readonly connectNats?: () => Promise<NatsConnection>;
  /** What this one has in place of a part, or beside them. */
  readonly otherParts?: (parts: ApiParts, database: Database) => Partial<ApiParts>;
}

/** The API with a database of its own, `name` being what it calls itself there, on a free port. */
export async function listeningApi(name: string, options: ListeningApiOptions): Promise<ListeningApi> {
  const { postgres, temporal, nats } = integrationStack();
  const { log, connectNats = () => connect({ servers: nats.url }), otherParts } = options;
  const fresh = await freshDatabase(postgres.adminUrl);
  await migrate(fresh.url);
  const database = openDatabase(fresh.url, { applicationName: name });
  const api = testApi(database, { temporal, connectNats }, log);
  const parts = { ...api.parts, ...otherParts?.(api.parts, database) };
  const app = createApi(parts);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    ...api,
    parts,
    url,
    database,
    async stop(workflowIds = []) {
      await app.close();
      // Before those that it started: it would start them again.
      await api.desk.stop();
      for (const id of workflowIds) await endWorkflow(api.temporal.workflow.getHandle(id));
      await api.stop();
      await database.end();
      await fresh.drop();
    },
  };
}
