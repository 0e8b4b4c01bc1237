import { recordOf, type Credential, type InventoryRecord, type SecretVersion } from './credential';
import { isSubject, type Subject } from './subject';

const PREFIX = 'unregistered/';

/** Nobody's yet: the search attribute by which people find what lacks an owner. */
const NO_TEAM = 'unregistered';

/** The id of a credential that is used and abused, and that nobody registered. Its subject is all that is known of it. */
export function unregisteredId(subject: Subject): string {
  return `${PREFIX}${subject}`;
}

/** The other way; undefined for the id of a registered credential. */
export function unregisteredSubject(credentialId: string): Subject | undefined {
  const subject = credentialId.slice(PREFIX.length);
  return credentialId.startsWith(PREFIX) && isSubject(subject) ? subject : undefined;
}

/** What can honestly be said of it: no dependents, no known contexts, no owner, one version. */
export function unregisteredCredential(subject: Subject): {
  readonly credential: Credential;
  readonly version: SecretVersion;
} {
  const [kind, space = '', ...rest] = subject.split(':');
  const isSeenByGateways = kind === 'fp';
  const id = unregisteredId(subject);
  const publicId = rest.join(':');
  const credential: Credential = {
    id,
    provider: isSeenByGateways ? 'unknown' : space,
    account: 'unknown',
    principal: publicId,
    principalKind: 'unknown',
    ownerTeam: NO_TEAM,
    criticality: 1,
    enforcement: isSeenByGateways ? 'gateway' : 'provider',
    protection: 'normal',
    scopes: [],
    knownContexts: [],
    dependents: [],
  };
  return {
    credential,
    version: {
      credentialId: id,
      version: 1,
      publicId,
      subjects: [subject],
      state: 'live',
      // Nobody gave us a value.
      secret: { store: 'none', path: id, version: 1 },
    },
  };
}

/** The same, as the inventory would project it. */
export function unregisteredRecord(subject: Subject): InventoryRecord {
  const { credential, version } = unregisteredCredential(subject);
  return recordOf(subject, credential, version);
}
