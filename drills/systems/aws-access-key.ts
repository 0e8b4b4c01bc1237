import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { createResilientAws } from '../../client/dependent';
import { makeSecretFile } from '../../stack/key-files';
import { REGION, startMoto } from './moto';
import type { System } from './system';

/** An access key of an IAM user, on moto instead of AWS. */
export const awsAccessKey: System<'aws-access-key'> = {
  provider: 'aws-access-key',
  kind: 'aws-access-key',
  credential: { account: 'production', principal: 'orders', scopes: [] },
  // moto computes every answer on one core.
  requestsPerSecond: 3,

  async start(directory) {
    const moto = await startMoto();
    const { admin, front } = moto;
    const adminKey = `${admin.accessKeyId}:${admin.secretAccessKey}`;
    return {
      account: {
        adminKeyFile: await makeSecretFile(directory, 'aws-admin.key', adminKey),
        region: REGION,
        iamEndpoint: front.url,
        stsEndpoint: front.url,
      },
      at: front.url,
      stop: () => moto.stop(),
    };
  },

  serve(credential, at) {
    const sts = createResilientAws(credential, (login) => new STSClient({ ...login, endpoint: at, maxAttempts: 1 }));
    return {
      request: () => sts.run((client) => client.send(new GetCallerIdentityCommand({})), { safeToRepeat: true }),
      end: () => sts.end(),
    };
  },

  async enter({ region, accessKeyId, secretAccessKey }, at) {
    const credentials = { accessKeyId, secretAccessKey };
    const sts = new STSClient({ region, credentials, endpoint: at, maxAttempts: 1 });
    const request = () => sts.send(new GetCallerIdentityCommand({}));
    await request();
    return { request, end: () => sts.destroy() };
  },
};
