import { CreateAccessKeyCommand, TagUserCommand, UpdateAccessKeyCommand } from '@aws-sdk/client-iam';
import { createAwsAccessKeyProvider } from '../../activities/providers/aws-access-key';
import type { AwsKey } from '../../activities/providers/aws-calls';
import { callContext } from '../support/call-context';
import { memorySecrets } from '../support/memory-secrets';
import { REGION, startMoto, type Moto } from '../../drills/systems/moto';

describe('keys that others have made', () => {
  let moto: Moto;

  beforeAll(async () => {
    moto = await startMoto();
  });

  afterAll(async () => {
    await moto.stop();
  });

  function discover(key: AwsKey) {
    const settings = {
      adminKey: `${key.accessKeyId}:${key.secretAccessKey}`,
      region: REGION,
      iamEndpoint: moto.front.url,
      rolesOf: {},
    };
    const provider = createAwsAccessKeyProvider(new Map([['production', settings]]), memorySecrets());
    return provider.discover?.('production', callContext()) ?? Promise.reject(new Error('it discovers nothing'));
  }

  it('are found with whose they are and whether they are used, by an admin who may list users', async () => {
    const lister = await moto.user('lister', [
      'iam:ListUsers',
      'iam:ListAccessKeys',
      'iam:GetAccessKeyLastUsed',
      'iam:ListUserTags',
    ]);
    const key = await moto.user('ci-deployer', ['sts:GetCallerIdentity']);
    await moto.root.send(new TagUserCommand({ UserName: 'ci-deployer', Tags: [{ Key: 'Team', Value: 'platform' }] }));
    const { AccessKey } = await moto.root.send(new CreateAccessKeyCommand({ UserName: 'ci-deployer' }));
    const second = AccessKey?.AccessKeyId ?? '';
    await moto.root.send(
      new UpdateAccessKeyCommand({ UserName: 'ci-deployer', AccessKeyId: second, Status: 'Inactive' }),
    );

    const found = (await discover(lister)).filter(({ principal }) => principal === 'ci-deployer');

    expect(found).toMatchObject([
      { publicId: key.accessKeyId, ownerTeam: 'platform' },
      { publicId: second, ownerTeam: 'platform' },
    ]);
    expect(found[0]?.notes.join('; ')).toMatch(/^made \d{4}-\d\d-\d\d; (never used|last used)/);
    expect(found[1]?.notes).toContain('NOT ACTIVE');
  });

  it('are found without their teams by one who may not read tags, and not at all by one who may not list users', async () => {
    const tagless = await moto.user('tagless', ['iam:ListUsers', 'iam:ListAccessKeys', 'iam:GetAccessKeyLastUsed']);
    const ofOrders = (await discover(tagless)).find(({ principal }) => principal === 'tagless');

    expect(ofOrders).toMatchObject({ publicId: tagless.accessKeyId, ownerTeam: undefined });
    await expect(discover(moto.admin)).rejects.toMatchObject({ code: 'PROVIDER_ADMIN_DENIED' });
  });
});
