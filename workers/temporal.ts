import { Client, Connection } from '@temporalio/client';
import { encryptedDataConverter } from '../client/data-converter';
import type { Config } from './config';
import { readPayloadKeys } from './keys';

type TemporalConfig = Pick<
  Config<'dispatcher'>,
  'TOURNIQUET_TEMPORAL_ADDRESS' | 'TOURNIQUET_TEMPORAL_NAMESPACE' | 'TOURNIQUET_PAYLOAD_KEYS_FILE'
>;

/**
 * A Temporal client that connects at its first call, so that a start while Temporal is down succeeds.
 * @throws IncidentError CONFIG_INVALID when the payload keys can't be read
 */
export function createTemporalClient(config: TemporalConfig): {
  readonly client: Client;
  readonly close: () => Promise<void>;
} {
  const dataConverter = encryptedDataConverter(readPayloadKeys(config.TOURNIQUET_PAYLOAD_KEYS_FILE));
  const connection = Connection.lazy({ address: config.TOURNIQUET_TEMPORAL_ADDRESS });
  return {
    client: new Client({ connection, namespace: config.TOURNIQUET_TEMPORAL_NAMESPACE, dataConverter }),
    close: () => connection.close(),
  };
}

/** The Web UI's page of a run. */
export function incidentUrl(uiUrl: string, namespace: string, workflowId: string, runId: string): string {
  return `${workflowsUrl(uiUrl, namespace)}/${encodeURIComponent(workflowId)}/${encodeURIComponent(runId)}/history`;
}

/** Its list of incidents, the newest first. */
export function incidentsUrl(uiUrl: string, namespace: string): string {
  return `${workflowsUrl(uiUrl, namespace)}?query=${encodeURIComponent('WorkflowType="respondToLeak"')}`;
}

function workflowsUrl(uiUrl: string, namespace: string): string {
  return `${uiUrl.replace(/\/$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows`;
}
