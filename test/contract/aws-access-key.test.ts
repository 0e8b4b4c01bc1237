import { ListAccessKeysCommand, UpdateAccessKeyCommand } from '@aws-sdk/client-iam';
import { createAwsAccessKeyProvider } from '../../activities/providers/aws-access-key';
import type { SecretVersion } from '../../domain/credential';
import { parseMaterial } from '../../domain/secret-material';
import { FaultProxy } from '../../drills/chaos/fault-proxy';
import { memorySecrets } from '../support/memory-secrets';
import { REGION, startMoto, type AwsSession } from '../../drills/systems/moto';
import { sampleCredential } from '../support/sample-credential';
import type { ProviderRig } from '../support/provider-rig';
import { BUSY_AWS } from '../support/server-says';
import { describeCredentialProvider } from './credential-provider.contract';

/** A real moto that asks for signatures and rights, with our least-privileged admin. */
async function makeRig(): Promise<ProviderRig> {
  const moto = await startMoto();
  const target = { host: '127.0.0.1', port: moto.front.port };
  const [adminWay, loginWay] = [await FaultProxy.start(target), await FaultProxy.start(target)];
  const secrets = memorySecrets();
  const minted = new Map<string, SecretVersion['secret']>();
  const opened = new Map<string, AwsSession[]>();
  const settings = {
    adminKey: `${moto.admin.accessKeyId}:${moto.admin.secretAccessKey}`,
    region: REGION,
    iamEndpoint: `http://127.0.0.1:${adminWay.port}`,
    stsEndpoint: `http://127.0.0.1:${loginWay.port}`,
    rolesOf: { orders: ['deploy'] },
  };

  async function keyOf({ publicId, secret }: SecretVersion) {
    minted.set(publicId, secret);
    const { accessKeyId, secretAccessKey } = parseMaterial('aws-access-key', await secrets.get(secret));
    return { accessKeyId, secretAccessKey };
  }

  return {
    provider: createAwsAccessKeyProvider(new Map([['orders', settings]]), secrets),
    secretStore: secrets,
    credential: sampleCredential({ id: 'orders-cloud', provider: 'aws-access-key' }),
    mostVersions: 2,
    adminWay,
    loginWay,
    busy: BUSY_AWS,
    changing: /Action=(?:Create|Update|Delete|Put)/,
    later: (ms) => void (moto.front.aheadMs += ms),
    // Not by the proxies: what is asked here must not depend on what a case broke.
    accepts: async (version) => moto.accepts(await keyOf(version)),
    async openSession(version) {
      const session = await moto.assume(await keyOf(version), 'deploy');
      if (session) opened.set(version.publicId, [...(opened.get(version.publicId) ?? []), session]);
      return session && { end: () => Promise.resolve() };
    },
    async sessions({ publicId }) {
      const working = await Promise.all((opened.get(publicId) ?? []).map((session) => session.works()));
      return working.filter(Boolean).length;
    },
    async admin(accepted) {
      const Status = accepted ? 'Active' : 'Inactive';
      const { accessKeyId: AccessKeyId } = moto.admin;
      await moto.root.send(new UpdateAccessKeyCommand({ UserName: 'tourniquet', AccessKeyId, Status }));
    },
    async kept() {
      const { AccessKeyMetadata } = await moto.root.send(new ListAccessKeysCommand({ UserName: 'orders' }));
      return AccessKeyMetadata?.length ?? 0;
    },
    async records() {
      const { AccessKeyMetadata } = await moto.root.send(new ListAccessKeysCommand({ UserName: 'orders' }));
      return [AccessKeyMetadata, [...moto.front.policies]];
    },
    async secrets() {
      const values = await Promise.all([...minted.values()].map((ref) => secrets.get(ref)));
      const ofVersions = values.map((value) => parseMaterial('aws-access-key', value).secretAccessKey);
      return [...ofVersions, moto.admin.secretAccessKey];
    },
    async stop() {
      await Promise.all([adminWay.stop(), loginWay.stop()]);
      await moto.stop();
    },
  };
}

describeCredentialProvider({ name: 'aws-access-key', make: makeRig });
