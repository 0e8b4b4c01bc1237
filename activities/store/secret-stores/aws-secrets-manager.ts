import {
  CreateSecretCommand,
  DeleteSecretCommand,
  GetSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { SecretRef } from '../../../domain/credential';
import { IncidentError } from '../../../domain/errors';
import type { SecretStore } from '../../../domain/ports/stores';
import { configOf, replyOf, type AwsKey } from '../../providers/aws-calls';
import { nameOf, notFound, valueAt, withPlace } from './secret-place';
import type { AwsSecretsSettings } from './store-settings';
import { retryAfterOfAws } from '../../retry-after';
import { inTime, readAccess, unavailable } from './store-unavailable';

const STORE = 'aws-secrets-manager';
const KEY = /^[A-Z0-9]{16,128}:[\x21-\x7e]+$/;

/**
 * AWS Secrets Manager, one secret a value, deleted without its days of recovery. What is being deleted is neither there nor gone: reading it and writing
 * it anew are SECRET_STORE_UNAVAILABLE until AWS is done.
 */
export function createAwsSecretsManagerStore(settings: AwsSecretsSettings): SecretStore {
  const { region, endpoint, keyFile, kmsKeyId, prefix } = settings;
  const idOf = (ref: SecretRef): string => `${prefix}/${nameOf(ref)}`;

  function ask<T>(call: string, work: (client: SecretsManagerClient, signal: AbortSignal) => Promise<T>): Promise<T> {
    return inTime(STORE, call, async (signal) => {
      const key = keyFile === undefined ? undefined : await readKey(keyFile);
      const client = new SecretsManagerClient(configOf({ region, endpoint, key }));
      try {
        return await work(client, signal);
      } catch (error) {
        // Its messages quote names and ARNs: only the word goes on.
        throw error instanceof IncidentError
          ? error
          : unavailable(STORE, { call, reply: replyOf(error) ?? 'none', ...retryAfterOfAws(error) });
      } finally {
        client.destroy();
      }
    });
  }

  return {
    putIfAbsent: (ref, value) =>
      ask('CreateSecret', async (client, abortSignal) => {
        const KmsKeyId = kmsKeyId === undefined ? {} : { KmsKeyId: kmsKeyId };
        const wanted = { Name: idOf(ref), SecretString: withPlace(ref, value), Description: 'Tourniquet', ...KmsKeyId };
        return client.send(new CreateSecretCommand(wanted), { abortSignal }).then(
          ({ VersionId }) => {
            if (VersionId === undefined) throw unavailable(STORE, { call: 'CreateSecret', reply: 'no version' });
            return 'stored' as const;
          },
          unlessReply('ResourceExistsException', () => 'exists' as const),
        );
      }),

    get: (ref) =>
      ask('GetSecretValue', async (client, abortSignal) => {
        const found = await client
          .send(new GetSecretValueCommand({ SecretId: idOf(ref) }), { abortSignal })
          .catch(unlessReply('ResourceNotFoundException', () => Promise.reject(notFound(ref))));
        // Without it, it is an answer of something else.
        if (found.SecretString === undefined) throw unavailable(STORE, { call: 'GetSecretValue', reply: 'no text' });
        return valueAt(ref, found.SecretString);
      }),

    destroy: (ref) =>
      ask('DeleteSecret', async (client, abortSignal) => {
        const wanted = { SecretId: idOf(ref), ForceDeleteWithoutRecovery: true };
        const isGone = unlessReply('ResourceNotFoundException', () => undefined);
        await client.send(new DeleteSecretCommand(wanted), { abortSignal }).catch(isGone);
      }),
  };
}

/** What an answer by this word means; every other failure stays one. */
function unlessReply<T>(word: string, means: () => T): (error: unknown) => T {
  return (error) => {
    if (replyOf(error) !== word) throw error;
    return means();
  };
}

async function readKey(file: string): Promise<AwsKey> {
  const [accessKeyId = '', ...rest] = (await readAccess(STORE, file, KEY)).split(':');
  return { accessKeyId, secretAccessKey: rest.join(':') };
}
