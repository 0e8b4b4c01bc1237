import type { InventoryRecord } from '../../domain/credential';
import type { Subject } from '../../domain/subject';

/** What the inventory says of a credential that a gateway enforces, and that may be held. */
export function liveRecord(subject: Subject): InventoryRecord {
  return {
    subject,
    credentialId: 'orders-api',
    version: 1,
    state: 'live',
    provider: 'api-token',
    ownerTeam: 'orders',
    enforcement: 'gateway',
    protection: 'normal',
    principalKind: 'workload',
    scopes: [],
    knownContexts: [],
  };
}
