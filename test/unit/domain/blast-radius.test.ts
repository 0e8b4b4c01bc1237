import { blastRadius } from '../../../domain/blast-radius';
import { sampleCredential } from '../../support/fake-activities';

test('who is at stake, by what the inventory knows', () => {
  const leaked = sampleCredential({ scopes: ['orders:write'] });
  const shared = sampleCredential({ id: 'orders-db-admin', dependents: [] });
  const elsewhere = sampleCredential({ id: 'other-account', account: 'other', dependents: [] });
  const neighbour = sampleCredential({ id: 'mail', provider: 'api-token', principal: 'mail' });

  expect(blastRadius(leaked, [leaked, shared, elsewhere, neighbour])).toEqual({
    samePrincipal: ['orders-db-admin'],
    scopes: ['orders:write'],
    dependents: [
      { id: 'checkout', owner: 'payments', criticality: 1 },
      { id: 'billing', owner: 'payments', criticality: 1 },
    ],
    sameDependents: ['mail'],
  });
});
