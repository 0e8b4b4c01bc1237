import fc from 'fast-check';
import { incidentId, parseIncidentId } from '../../../domain/credential';
import { fingerprintSubject, publicIdSubject } from '../../../domain/subject';
import {
  unregisteredCredential,
  unregisteredId,
  unregisteredRecord,
  unregisteredSubject,
} from '../../../domain/unregistered-credential';

const publicId = fc.stringMatching(/^[\x21-\x7e]{1,256}$/);
const subject = fc.oneof(
  fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => fingerprintSubject('k1', hex)),
  fc
    .tuple(fc.constantFrom('aws-access-key', 'postgres-role'), publicId)
    .map(([provider, id]) => publicIdSubject(provider, id)),
);

test('its id gives its subject back, also out of the id of its incident', () => {
  fc.assert(
    fc.property(subject, (one) => {
      const parsed = parseIncidentId(incidentId(unregisteredId(one), 1));
      expect(unregisteredSubject(parsed?.credentialId ?? '')).toBe(one);
    }),
  );
});

test.each(['orders-db', 'unregistered/', 'unregistered/orders-db', 'team/unregistered/id:aws:x'])(
  '%s is the id of no such credential',
  (id) => expect(unregisteredSubject(id)).toBeUndefined(),
);

test('it claims no owner, dependent, context or value', () => {
  const key = publicIdSubject('aws-access-key', 'AKIAEXAMPLE');
  const { credential, version } = unregisteredCredential(key);

  expect(credential).toMatchObject({
    provider: 'aws-access-key',
    ownerTeam: 'unregistered',
    enforcement: 'provider',
    dependents: [],
    knownContexts: [],
  });
  expect(version).toMatchObject({ version: 1, subjects: [key], secret: { store: 'none' } });
  expect(unregisteredRecord(key)).toMatchObject({ credentialId: credential.id, version: 1, state: 'live' });
});

test('what a gateway sees is enforced there', () => {
  const { credential } = unregisteredCredential(fingerprintSubject('k1', 'a'.repeat(64)));

  expect([credential.enforcement, credential.provider]).toEqual(['gateway', 'unknown']);
});
