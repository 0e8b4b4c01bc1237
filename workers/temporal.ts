import { Client, Connection } from '@temporalio/client';
import type { Config } from './config';

type TemporalConfig = Pick<Config<'dispatcher'>, 'TOURNIQUET_TEMPORAL_ADDRESS' | 'TOURNIQUET_TEMPORAL_NAMESPACE'>;

/** A Temporal client that connects at its first call, so that a start while Temporal is down succeeds. */
export function createTemporalClient(config: TemporalConfig): {
  readonly client: Client;
  readonly close: () => Promise<void>;
} {
  const connection = Connection.lazy({ address: config.TOURNIQUET_TEMPORAL_ADDRESS });
  return {
    client: new Client({ connection, namespace: config.TOURNIQUET_TEMPORAL_NAMESPACE }),
    close: () => connection.close(),
  };
}

/** The Web UI's page of a run. */
export function incidentUrl(uiUrl: string, namespace: string, workflowId: string, runId: string): string {
  return `${uiUrl.replace(/\/$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}/${encodeURIComponent(runId)}/history`;
}
