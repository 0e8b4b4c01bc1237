import {
  CreateAccessKeyCommand,
  DeleteAccessKeyCommand,
  ListAccessKeysCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { createAwsAccessKeyProvider } from '../../activities/providers/aws-access-key';
import type { SecretVersion } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import type { SecretStore } from '../../domain/ports/stores';
import { parseMaterial } from '../../domain/secret-material';
import { callContext } from '../support/call-context';
import { memorySecrets } from '../support/memory-secrets';
import { REGION, startMoto, type Moto } from '../../drills/systems/moto';
import { sampleCredential, sampleVersion, secretRef } from '../support/sample-credential';

const NO_VALUE = secretRef('nobody', 1);

/** What AWS alone does: two slots, values that are shown once, and sessions that outlive the key that opened them. */
describe('keys of an IAM user', () => {
  const context = callContext();
  let moto: Moto;
  let users = 0;

  beforeAll(async () => {
    moto = await startMoto();
  });

  afterEach(() => {
    moto.front.aheadMs = 0;
  });

  afterAll(async () => {
    await moto.stop();
  });

  /** A user of the case's own, without keys, whose rights are to assume roles. */
  async function rig({ adminKey = moto.admin, roles = ['deploy'] } = {}) {
    const secrets = memorySecrets();
    const user = `user-${++users}`;
    const first = await moto.user(user, ['sts:AssumeRole']);
    const credential = sampleCredential({ id: user, provider: 'aws-access-key', principal: user });
    const settings = {
      adminKey: `${adminKey.accessKeyId}:${adminKey.secretAccessKey}`,
      region: REGION,
      iamEndpoint: moto.front.url,
      stsEndpoint: moto.front.url,
      rolesOf: { [user]: roles },
    };
    const providerOf = (store: SecretStore) =>
      createAwsAccessKeyProvider(new Map([[credential.account, settings]]), store);
    const provider = providerOf(secrets);
    const refOf = (version: number) => ({ version, secret: secretRef(user, version) });
    async function mint(version: number, by = provider): Promise<SecretVersion> {
      const { value } = await by.createReplacement(credential, refOf(version), context);
      return sampleVersion({ credentialId: user, ...refOf(version), ...value });
    }
    async function keyOf({ secret }: SecretVersion) {
      const { accessKeyId, secretAccessKey } = parseMaterial('aws-access-key', await secrets.get(secret));
      return { accessKeyId, secretAccessKey };
    }
    async function listed(): Promise<readonly string[]> {
      const { AccessKeyMetadata = [] } = await moto.root.send(new ListAccessKeysCommand({ UserName: user }));
      return AccessKeyMetadata.map(({ AccessKeyId = '' }) => AccessKeyId).sort();
    }
    return { user, first, credential, provider, providerOf, secrets, mint, keyOf, listed };
  }

  it('are left alone while both slots are taken: nothing is minted, nothing is deleted, and the probe says so', async () => {
    const { user, credential, provider, mint, listed } = await rig();
    const { AccessKey } = await moto.root.send(new CreateAccessKeyCommand({ UserName: user }));
    // Be it in use or not.
    const second = { UserName: user, AccessKeyId: AccessKey?.AccessKeyId ?? '', Status: 'Inactive' as const };
    await moto.root.send(new UpdateAccessKeyCommand(second));
    const before = await listed();

    const results = await Promise.allSettled([mint(2), provider.probe(credential, context)]);

    expect(results).toMatchObject([
      { reason: { code: 'PROVIDER_REFUSED', fields: { found: 'no slot is free' } } },
      { reason: { code: 'PROVIDER_REFUSED', fields: { found: 'two keys: no slot is free' } } },
    ]);
    expect(await listed()).toEqual(before);
  });

  /** A key was made, and its value could not be stored. */
  async function lostOnTheWay() {
    const made = await rig();
    const { secrets, mint, providerOf } = made;
    const losing: SecretStore = {
      ...secrets,
      putIfAbsent: (ref, value) =>
        ref.path.endsWith('/asking') ? secrets.putIfAbsent(ref, value) : Promise.reject(unavailable()),
    };
    await expect(mint(2, providerOf(losing))).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    return made;
  }

  it('are swept of one whose value was lost on the way to the store, once no attempt can still store it', async () => {
    const { first, mint, listed } = await lostOnTheWay();
    const withOrphan = await listed();

    await expect(mint(2)).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    expect(await listed()).toEqual(withOrphan);
    moto.front.aheadMs = 35_000;
    const minted = await mint(2);

    expect(withOrphan).toHaveLength(2);
    expect(await listed()).toEqual([first.accessKeyId, minted.publicId].sort());
    expect(withOrphan).not.toContain(minted.publicId);
  });

  it('are swept of it by the undo as well, once no attempt can still store it', async () => {
    const { user, first, credential, provider, listed } = await lostOnTheWay();
    const unnamed = sampleVersion({ credentialId: user, version: 2, publicId: '', secret: secretRef(user, 2) });
    const discard = () => provider.discard(credential, unnamed, context);

    await expect(discard()).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    moto.front.aheadMs = 35_000;
    const states = [(await discard()).state, (await discard()).state];

    expect(states).toEqual(['done', 'already']);
    expect(await listed()).toEqual([first.accessKeyId]);
  });

  /** Minting is cut off just before it asks for a key. */
  async function cutOff() {
    const made = await rig();
    const { secrets, mint, providerOf } = made;
    const cut: SecretStore = {
      ...secrets,
      putIfAbsent: async (ref, value) => {
        await secrets.putIfAbsent(ref, value);
        throw unavailable();
      },
    };
    await expect(mint(2, providerOf(cut))).rejects.toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    return made;
  }

  it('are not swept of one that somebody uses', async () => {
    const { user, mint, listed } = await cutOff();
    const { AccessKey } = await moto.root.send(new CreateAccessKeyCommand({ UserName: user }));
    const key = { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
    await moto.accepts(key);
    const before = await listed();
    moto.front.aheadMs = 35_000;

    await expect(mint(2)).rejects.toMatchObject({
      code: 'PROVIDER_REFUSED',
      fields: { found: 'a key that somebody uses' },
    });

    expect(await listed()).toEqual(before);
  });

  it('are not swept of one that was not made when ours was asked for', async () => {
    // As if that had been long ago.
    moto.front.aheadMs = -3_600_000;
    const { user, mint, listed } = await cutOff();
    moto.front.aheadMs = 35_000;
    await moto.root.send(new CreateAccessKeyCommand({ UserName: user }));
    const before = await listed();

    await expect(mint(2)).rejects.toMatchObject({
      code: 'PROVIDER_REFUSED',
      fields: { found: 'a key that we did not make' },
    });

    expect(await listed()).toEqual(before);
  });

  it('end with the sessions of the roles that the settings name, and of no other; those opened afterwards work', async () => {
    const { first, credential, provider, mint, keyOf } = await rig();
    // It makes room for two whose values we know.
    await provider.revoke(credential, sampleVersion({ publicId: first.accessKeyId, secret: NO_VALUE }), context);
    moto.front.aheadMs = 8_000;
    const [leaked, next] = [await mint(2), await mint(3)];
    const ours = await moto.assume(await keyOf(leaked), 'deploy');
    const others = await moto.assume(await keyOf(leaked), 'shared');

    await provider.quarantine(credential, leaked, context);
    moto.front.aheadMs = 16_000;
    const later = await moto.assume(await keyOf(next), 'deploy');

    expect([await ours?.works(), await others?.works(), await later?.works()]).toEqual([false, true, true]);
  });

  it('that are refused again after a release lose the sessions opened in between', async () => {
    const { credential, provider, mint, keyOf } = await rig();
    const version = await mint(2);
    await provider.quarantine(credential, version, context);
    await provider.release(credential, version, context);
    // Later than what the other cases ended: they share the role.
    moto.front.aheadMs = 40_000;
    const session = await moto.assume(await keyOf(version), 'deploy');
    const before = await session?.works();

    await provider.quarantine(credential, version, context);

    expect([before, await session?.works()]).toEqual([true, false]);
  });

  it('are not proven dead while sessions they may have opened are not refused', async () => {
    const { user, credential, provider, mint } = await rig();
    const old = await mint(2);
    // By hand, which ends none of its sessions.
    await moto.root.send(new DeleteAccessKeyCommand({ UserName: user, AccessKeyId: old.publicId }));
    const control = await mint(3);
    const verdict = async () => (await provider.verifyDead(credential, old, control, context)).verdict;
    expect(await verdict()).toBe('alive');

    await provider.revoke(credential, old, context);

    expect(await verdict()).toBe('dead');
    // Somebody detaches the policy: a watch finds it, and the incident that it opens again revokes once more.
    (moto.front.policies as Map<string, string>).delete(`user/${user}`);
    expect(await verdict()).toBe('alive');
    expect((await provider.revoke(credential, old, context)).state).toBe('done');
    expect(await verdict()).toBe('dead');
  });

  it('are not told to be refused while STS lets them in, as one of another user, or of nobody', async () => {
    const { user, credential, provider, mint, keyOf } = await rig();
    const version = await mint(2);
    const elsewhere = { ...credential, principal: (await rig()).user };

    const results = await Promise.allSettled([
      provider.quarantine(elsewhere, version, context),
      provider.revoke(elsewhere, version, context),
      provider.quarantine({ ...credential, principal: `${user}-was-renamed` }, version, context),
    ]);

    expect(results).toMatchObject(
      Array(3).fill({ reason: { code: 'PROVIDER_REFUSED', fields: { found: 'a key of another user' } } }),
    );
    expect(await moto.accepts(await keyOf(version))).toBe(true);
  });

  it('whose user somebody has deleted are gone with it', async () => {
    const { credential, provider, mint } = await rig();
    const version = await mint(2);

    const done = await provider.revoke(
      { ...credential, principal: 'nobody' },
      { ...version, secret: NO_VALUE },
      context,
    );

    expect(done.state).toBe('already');
  });

  it('can not be answered for where a role that the settings name is not there, and the probe says so', async () => {
    const { user, credential, provider } = await rig({ roles: ['mistyped'] });

    await expect(provider.probe(credential, context)).rejects.toMatchObject({
      code: 'PROVIDER_REFUSED',
      fields: { user, found: 'no role mistyped' },
    });
  });

  it('need rights that the probe names where they are missing', async () => {
    const adminKey = await moto.user('weak', ['iam:ListAccessKeys', 'iam:UpdateAccessKey', 'iam:GetUserPolicy']);
    const { credential, provider } = await rig({ adminKey });

    await expect(provider.probe(credential, context)).rejects.toMatchObject({
      code: 'PROVIDER_ADMIN_DENIED',
      fields: {
        missing:
          'iam:DeleteAccessKey, iam:GetAccessKeyLastUsed, iam:PutUserPolicy, iam:GetRolePolicy of deploy, iam:PutRolePolicy of deploy',
      },
    });
  });
});

function unavailable(): IncidentError {
  return new IncidentError('PROVIDER_UNAVAILABLE', {});
}
