import type { Credential, SecretRef, SecretVersion } from '../../domain/credential';

/** A credential as an inventory holds it; say what matters to the test. */
export function sampleCredential(more: Partial<Credential> = {}): Credential {
  return {
    id: 'orders-db',
    provider: 'postgres-role',
    account: 'orders',
    principal: 'orders',
    principalKind: 'workload',
    ownerTeam: 'payments',
    criticality: 1,
    enforcement: 'provider',
    protection: 'normal',
    scopes: ['orders:read'],
    knownContexts: [],
    dependents: [],
    ...more,
  };
}

export function secretRef(credentialId: string, version: number): SecretRef {
  return { store: 'postgres', path: `credentials/${credentialId}`, version };
}

export function sampleVersion(more: Partial<SecretVersion> = {}): SecretVersion {
  const credentialId = more.credentialId ?? 'orders-db';
  const version = more.version ?? 1;
  return {
    credentialId,
    version,
    publicId: `${credentialId}_v${version}`,
    subjects: [],
    state: 'live',
    secret: secretRef(credentialId, version),
    ...more,
  };
}
