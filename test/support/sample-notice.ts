import type { Notice } from '../../domain/ports/notifier';

/** What people are told of a leak that is contained; say what matters to the test. */
export function sampleNotice(more: Partial<Notice> = {}): Notice {
  const { credentialId = 'orders-db', version = 1 } = more;
  return {
    kind: 'contained',
    incidentId: `incident/${credentialId}/${version}`,
    runId: 'run',
    credentialId,
    version,
    provider: 'postgres-role',
    ownerTeam: 'payments',
    severity: 'high',
    reason: 'used by psql from a new address',
    summary: 'It is refused.',
    url: 'http://temporal.example/incident',
    ...more,
  };
}
