import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createAwsSecretsManagerStore } from '../../activities/store/secret-stores/aws-secrets-manager';
import { awsSecretsSettings } from '../../activities/store/secret-stores/store-settings';
import { REGION, startMoto } from '../../drills/systems/moto';
import { httpStoreRig } from '../support/http-store-rig';
import { temporaryFolder } from '../support/temporary-folder';
import { describeSecretStore } from './secret-store.contract';

/** As docs/operations.md gives them. */
const RIGHTS = ['CreateSecret', 'GetSecretValue', 'DeleteSecret'].map((right) => `secretsmanager:${right}`);

const folder = temporaryFolder();
const answer = (code: number, type: string) => ({
  status: code,
  body: (sent: string) => JSON.stringify({ __type: type, message: `of arn:aws:iam::1:user/u: ${sent}` }),
});

describeSecretStore({
  name: 'aws-secrets-manager',
  async make() {
    const moto = await startMoto();
    const { accessKeyId, secretAccessKey } = await moto.user('secrets', RIGHTS);
    const keyFile = path.join(folder.path, 'key');
    await writeFile(keyFile, `${accessKeyId}:${secretAccessKey}\n`);
    const storeAt = (endpoint: string) =>
      createAwsSecretsManagerStore(awsSecretsSettings.parse({ region: REGION, endpoint, keyFile }));
    const server = { port: moto.front.port, stop: () => moto.stop() };
    const replies = {
      denied: answer(400, 'AccessDeniedException'),
      throttled: answer(400, 'ThrottlingException'),
      failing: answer(500, 'InternalServiceError'),
      malformed: { status: 200, body: (sent: string) => `<html>${sent}</html>` },
    };
    return httpStoreRig(server, storeAt, secretAccessKey, replies, /secretsmanager\.CreateSecret/);
  },
});
