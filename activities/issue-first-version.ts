import { placeOfVersion, type Credential, type SecretVersion } from '../domain/credential';
import { contextOutside } from './context-outside';
import type { ActivityDeps } from './deps';

/**
 * Registers a credential and has its provider mint the first version, by the same code that mints replacements. Repeating it is
 * harmless.
 */
export async function issueFirstVersion(
  deps: Pick<ActivityDeps, 'inventory' | 'providers' | 'projection' | 'stores'>,
  credential: Credential,
): Promise<SecretVersion> {
  const provider = deps.providers.get(credential.provider);
  if (!provider) throw new Error(`no provider ${credential.provider}`);
  await deps.inventory.register(credential, {
    credentialId: credential.id,
    version: 1,
    publicId: '',
    subjects: [],
    state: 'pending',
    secret: placeOfVersion(deps.stores.byDefault, credential.id, 1),
  });
  const known = await deps.inventory.version(credential.id, 1);
  if (known.state !== 'pending') {
    await deps.projection.write(await deps.inventory.records());
    return known;
  }
  // An attempt before may have begun while new values went elsewhere.
  const { secret } = known;
  const context = contextOutside(`issue/${credential.id}`);
  const { value } = await provider.createReplacement(credential, { version: 1, secret }, context);
  const version: SecretVersion = { credentialId: credential.id, version: 1, state: 'live', ...value };
  await deps.inventory.saveVersion(version);
  await provider.test(credential, version, context);
  await deps.projection.write(await deps.inventory.records());
  return version;
}
