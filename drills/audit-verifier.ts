import { createPublicKey } from 'node:crypto';
import type { ChainCheck } from '../activities/store/audit-chain';
import { createAuditLog } from '../activities/store/audit-log';
import type { Database } from '../activities/store/database';
import type { LocalDeployment } from '../stack/local-deployment';
import { readSecretFile } from '../workers/config';
import { readKey } from '../workers/keys';

/** Holds a deployment's audit log against its signed checkpoints, as an auditor would. */
export function auditVerifier(database: Database, { keys, env }: LocalDeployment): () => Promise<ChainCheck> {
  const audit = createAuditLog(database, readKey(keys.audit));
  const file = env['TOURNIQUET_CHECKPOINT_FILE'] ?? '';
  const key = createPublicKey(readSecretFile(keys.checkpoint));
  return () => audit.verify({ file, key });
}
