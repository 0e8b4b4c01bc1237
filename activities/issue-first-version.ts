import { placeOfVersion, type Credential, type SecretRef, type SecretVersion } from '../domain/credential';
import { IncidentError } from '../domain/errors';
import type { AdoptedVersion, Replacement } from '../domain/ports/credential-provider';
import type { CallContext } from '../domain/ports/effect';
import type { SecretStore } from '../domain/ports/stores';
import { contextOutside } from './context-outside';
import type { ActivityDeps } from './deps';
import { providerFor } from './lookup';

type Deps = Pick<ActivityDeps, 'inventory' | 'providers' | 'projection' | 'stores' | 'secrets'>;

/**
 * Registers a credential and has its provider mint the first version, by the same code that mints replacements. Repeating it is
 * harmless.
 */
export async function issueFirstVersion(deps: Deps, credential: Credential): Promise<SecretVersion> {
  await deps.inventory.register(credential, {
    credentialId: credential.id,
    version: 1,
    publicId: '',
    subjects: [],
    state: 'pending',
    secret: placeOfVersion(deps.stores.byDefault, credential.id, 1),
  });
  const known = await deps.inventory.version(credential.id, 1);
  if (known.state === 'pending')
    // An attempt before may have begun while new values went elsewhere.
    return bringToLife(deps, { credential, secret: known.secret, context: contextOutside(`issue/${credential.id}`) });
  await deps.projection.write(await deps.inventory.records());
  return known;
}

export interface FirstVersion {
  readonly credential: Credential;
  /** Of the version, whose number is reserved. */
  readonly secret: SecretRef;
  /** As others have issued it; without it the provider mints one. */
  readonly adopted?: AdoptedVersion | undefined;
  readonly context: CallContext;
}

/** Has a version that is reserved minted, or keeps it as others have issued it. It is live when it has been seen to work. Repeating it is harmless. */
export async function bringToLife(
  deps: Deps,
  { credential, secret, adopted, context }: FirstVersion,
): Promise<SecretVersion> {
  const provider = providerFor(deps, credential);
  const value = adopted
    ? await keepAdopted(deps.secrets, adopted, secret)
    : (await provider.createReplacement(credential, { version: secret.version, secret }, context)).value;
  const made: SecretVersion = { credentialId: credential.id, version: secret.version, state: 'pending', ...value };
  await deps.inventory.saveVersion(made);
  if (adopted) await provider.inspect?.(credential, made, context);
  await provider.test(credential, made, context);
  await deps.inventory.setState(credential.id, made.version, 'live');
  const stored = await deps.inventory.version(credential.id, made.version);
  if (stored.state !== 'live') {
    // Undone while it ran: what it has made since must not stay behind. What others have issued is theirs to end.
    if (adopted) await deps.secrets.destroy(secret);
    else await provider.discard(credential, made, context);
    throw new IncidentError('VERSION_NOT_LIVE', {
      credential: credential.id,
      version: made.version,
      state: stored.state,
    });
  }
  await deps.projection.write(await deps.inventory.records());
  return stored;
}

async function keepAdopted(
  secrets: SecretStore,
  { publicId, subjects, material }: AdoptedVersion,
  secret: SecretRef,
): Promise<Replacement> {
  await secrets.putIfAbsent(secret, JSON.stringify(material));
  return { publicId, subjects, secret };
}
