import { CreateAccessKeyCommand, LimitExceededException } from '@aws-sdk/client-iam';
import { z } from 'zod';
import type { SecretRef } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import type { SecretStore } from '../../domain/ports/stores';
import { parseMaterial, type AwsAccessKeyMaterial } from '../../domain/secret-material';
import type { Iam } from './aws-calls';
import { deleteKey, listKeys, MOST_KEYS, wasUsed, type ListedKey } from './aws-keys';

/** How long an attempt waits for a key that it will still store; storing takes as long at most (activities/store/database.ts). */
const STORE_WITHIN_MS = 10_000;

const intent = z.object({ user: z.string(), before: z.array(z.string()), at: z.number() });

export interface Minting {
  readonly iam: Iam;
  readonly secrets: SecretStore;
  readonly user: string;
  readonly region: string;
  /** Where the value is kept. */
  readonly ref: SecretRef;
  readonly signal: AbortSignal;
}

/**
 * Makes a key and stores its value, which AWS shows once and never again. What an attempt before made, and whose answer was lost, is ended first: a key that
 * was not there when minting began, and that nobody ever used. AWS has no label for keys, so the secret store keeps which ones were there.
 * @throws IncidentError PROVIDER_REFUSED where no slot is free, or a key is there that may be somebody else's
 */
export async function mintKey(minting: Minting): Promise<AwsAccessKeyMaterial> {
  const { iam, secrets, user, ref, signal } = minting;
  const keys = await listKeys(iam, user, signal);
  if (!keys) throw refused(user, 'no such user');
  const begun = await beginning(minting, keys);
  const strangers = keys.filter(({ id }) => !begun.before.includes(id));
  for (const stranger of strangers) await endStranger(minting, stranger, begun.at);
  if (keys.length - strangers.length >= MOST_KEYS) throw refused(user, 'no slot is free');
  const kept = await makeAndStore(minting);
  await secrets.destroy(intentRef(ref));
  return kept;
}

/** Which keys there were when the first attempt began. */
async function beginning({ iam, secrets, user, ref }: Minting, keys: readonly ListedKey[]) {
  const now = { user, before: keys.map(({ id }) => id), at: iam.now() };
  await secrets.putIfAbsent(intentRef(ref), JSON.stringify(now));
  return intent.parse(JSON.parse(await secrets.get(intentRef(ref))));
}

async function endStranger({ iam, user, signal }: Minting, { id, createdAt }: ListedKey, begunAt: number) {
  if (createdAt < begunAt || (await wasUsed(iam, id, signal))) throw refused(user, 'a key that we did not make');
  // The attempt that made it may be about to store it.
  if (iam.now() - createdAt < 2 * STORE_WITHIN_MS)
    throw new IncidentError('PROVIDER_UNAVAILABLE', { user, reply: 'another attempt has just made a key' });
  await deleteKey(iam, user, id, signal);
}

async function create({ iam, user, region, signal }: Minting): Promise<AwsAccessKeyMaterial> {
  try {
    const { AccessKey } = await iam.client.send(new CreateAccessKeyCommand({ UserName: user }), {
      abortSignal: signal,
    });
    const { AccessKeyId: accessKeyId = '', SecretAccessKey: secretAccessKey = '' } = AccessKey ?? {};
    return { kind: 'aws-access-key', region, accessKeyId, secretAccessKey };
  } catch (error) {
    // One was free a moment ago: the next attempt sees who took it.
    if (error instanceof LimitExceededException)
      throw new IncidentError('PROVIDER_UNAVAILABLE', { user, reply: 'the last slot was just taken' });
    throw error;
  }
}

/** The value that is stored by now: the one made here, or that of an attempt that was faster. Where storing fails, the next attempt finds the key. */
async function makeAndStore(minting: Minting): Promise<AwsAccessKeyMaterial> {
  const { iam, secrets, user, ref, signal } = minting;
  const asked = performance.now();
  const made = await create(minting);
  const isInTime = performance.now() - asked < STORE_WITHIN_MS;
  if (isInTime && (await secrets.putIfAbsent(ref, JSON.stringify(made))) === 'stored') return made;
  await deleteKey(iam, user, made.accessKeyId, signal);
  if (!isInTime) throw new IncidentError('PROVIDER_UNAVAILABLE', { user, reply: 'too late to be stored' });
  return parseMaterial('aws-access-key', await secrets.get(ref));
}

function intentRef({ path, ...rest }: SecretRef): SecretRef {
  return { ...rest, path: `${path}/minting` };
}

function refused(user: string, found: string): IncidentError {
  return new IncidentError('PROVIDER_REFUSED', { user, found });
}
