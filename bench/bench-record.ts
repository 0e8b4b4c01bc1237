import type { InventoryRecord } from '../domain/credential';
import type { Subject } from '../domain/subject';

/** What the inventory says of each credential here: a gateway enforces it, and it may be held. */
export function benchRecord(subject: Subject): InventoryRecord {
  return {
    subject,
    credentialId: subject.replace(/^id:bench:/, 'bench-'),
    version: 1,
    state: 'live',
    provider: 'bench',
    ownerTeam: 'bench',
    enforcement: 'gateway',
    protection: 'normal',
    principalKind: 'workload',
    scopes: [],
    knownContexts: [],
  };
}
