import type { Credential, DependentRecord, SecretVersion } from '../domain/credential';
import { IncidentError } from '../domain/errors';
import type { CredentialProvider } from '../domain/ports/credential-provider';
import type { DependentAdapter } from '../domain/ports/dependent';
import type { ActivityDeps } from './deps';

export interface Target {
  readonly credential: Credential;
  readonly version: SecretVersion;
  readonly provider: CredentialProvider;
}

/** The same where the provider may not be configured. */
export type FoundTarget = Omit<Target, 'provider'> & { readonly provider: CredentialProvider | undefined };

/** The credential, one of its versions, and who issued it, where that is configured. */
export async function findTarget(deps: ActivityDeps, credentialId: string, version: number): Promise<FoundTarget> {
  const credential = await deps.inventory.credential(credentialId);
  return {
    credential,
    version: await deps.inventory.version(credentialId, version),
    provider: deps.providers.get(credential.provider),
  };
}

/** For what can't be done without the provider. @throws IncidentError PROVIDER_UNKNOWN */
export function providerOf({ credential, provider }: Pick<FoundTarget, 'credential' | 'provider'>): CredentialProvider {
  if (!provider)
    throw new IncidentError('PROVIDER_UNKNOWN', { provider: credential.provider, credential: credential.id });
  return provider;
}

/** The same before any version is looked up. @throws IncidentError PROVIDER_UNKNOWN */
export function providerFor(
  { providers }: Pick<ActivityDeps, 'providers'>,
  credential: Credential,
): CredentialProvider {
  return providerOf({ credential, provider: providers.get(credential.provider) });
}

/** Whether the provider can refuse versions of the credential for now, and not only end them. */
export function mayQuarantine(provider: CredentialProvider, credential: Credential): boolean {
  return provider.canQuarantine?.(credential) ?? provider.capabilities.quarantine === 'reversible';
}

/** Whether the provider issues another value to a person only, and none to us. */
export function issuesToPersonOnly({ capabilities }: CredentialProvider): boolean {
  return capabilities.secretOrigin === 'person';
}

/** All three. @throws IncidentError PROVIDER_UNKNOWN */
export async function lookUp(deps: ActivityDeps, credentialId: string, version: number): Promise<Target> {
  const target = await findTarget(deps, credentialId, version);
  return { ...target, provider: providerOf(target) };
}

/** A dependent of the credential, and how it is moved. */
export function lookUpDependent(
  deps: ActivityDeps,
  credential: Credential,
  dependentId: string,
): { readonly dependent: DependentRecord; readonly adapter: DependentAdapter } {
  const dependent = credential.dependents.find((one) => one.id === dependentId);
  const adapter = dependent && deps.dependents.get(dependent.kind);
  if (!dependent || !adapter)
    throw new IncidentError('DEPENDENT_UNKNOWN', { credential: credential.id, dependent: dependentId });
  return { dependent, adapter };
}
