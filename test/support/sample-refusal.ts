import type { DenylistEntry } from '../../domain/denylist';
import { publicIdSubject, type Subject } from '../../domain/subject';

/** A refusal to everybody; say what matters to the test. */
export function sampleRefusal(subject: Subject, more: Partial<DenylistEntry> = {}): DenylistEntry {
  const credentialId = more.credentialId ?? 'c';
  return {
    subject,
    credentialId,
    version: 1,
    status: 'quarantine',
    mode: 'deny-all',
    allow: [],
    incidentId: `incident/${credentialId}/1`,
    reason: 'test',
    since: 1,
    ...more,
  };
}

/** The same, by name. */
export function namedRefusal(name: string, more: Partial<DenylistEntry> = {}): DenylistEntry {
  return sampleRefusal(publicIdSubject('test', name), { credentialId: name, ...more });
}
