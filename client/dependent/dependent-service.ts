import type { ManagedCredential } from './managed-credential';
import type { SecretMaterial } from '../../domain/secret-material';

/** A managed credential of any kind, as far as changing it goes. */
type AnyCredential = Pick<ManagedCredential<SecretMaterial['kind']>, 'id' | 'use'> & {
  readonly held: { readonly version: number };
};

/** One credential of a service, as it answers for it. */
export interface ManagedUse {
  readonly credential: AnyCredential;
  /** Uses the credential in earnest, through the service's own pool or client; rejects when that does not work. */
  readonly probe: () => Promise<void>;
}

export interface UseStatus {
  readonly version: number;
  readonly healthy: boolean;
  readonly detail: string;
}

/** What the service says of a credential after trying it. */
export async function statusOf(use: ManagedUse): Promise<UseStatus> {
  const { version } = use.credential.held;
  try {
    await use.probe();
    return {
      version,
      healthy: use.credential.held.version === version,
      detail: `probe through the service worked on version ${version}`,
    };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
    return { version, healthy: false, detail: `probe through the service failed on version ${version} (${code})` };
  }
}
