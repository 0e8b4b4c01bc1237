import { CreateAccessKeyCommand, LimitExceededException } from '@aws-sdk/client-iam';
import { z } from 'zod';
import type { SecretRef } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import type { SecretStore } from '../../domain/ports/stores';
import { parseMaterial, type AwsAccessKeyMaterial } from '../../domain/secret-material';
import { isRefusal, type Iam } from './aws-calls';
import { deleteKey, listKeys, MOST_KEYS, wasUsed, type ListedKey } from './aws-keys';
import { beside, LOST_AFTER_MS, readBeside } from './beside-value';
import { unlessMissing } from './unless-missing';

/** How long an attempt waits for a key that it will still store. */
const STORE_WITHIN_MS = 10_000;

/** What is written down before a key is asked for. */
const asking = z.object({ before: z.array(z.string()), at: z.number() });

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
 * Makes a key and stores its value, which AWS shows once and never again. What an attempt before asked for, and whose answer was lost, is ended first:
 * a key that was not there before, was made within seconds of asking, and that nobody is known to have used. AWS has no label for keys, so the secret store keeps
 * what was there when it was asked.
 * @throws IncidentError PROVIDER_REFUSED where no slot is free, or a key is there that may be somebody else's
 */
export async function mintKey(minting: Minting): Promise<AwsAccessKeyMaterial> {
  const { iam, secrets, user, ref, signal } = minting;
  const keys = await listKeys(iam, user, signal);
  if (!keys) throw refused(user, 'no such user');
  const ended = await endLost(minting, keys);
  const before = keys.map(({ id }) => id).filter((id) => !ended.includes(id));
  if (before.length >= MOST_KEYS) throw refused(user, 'no slot is free');
  await secrets.destroy(beside(ref, 'asking'));
  await secrets.putIfAbsent(beside(ref, 'asking'), JSON.stringify({ before, at: iam.now() }));
  const kept = await makeAndStore(minting);
  await secrets.destroy(beside(ref, 'asking'));
  return kept;
}

/**
 * The undo of a mint that stored nothing: ends the key that was asked for, and says whether AWS had made one.
 * @throws IncidentError PROVIDER_UNAVAILABLE while the attempt that made it may be about to store it
 */
export async function endAskedFor(minting: Minting): Promise<boolean> {
  const { iam, secrets, user, ref, signal } = minting;
  const ended = await endLost(minting, (await listKeys(iam, user, signal)) ?? []);
  await secrets.destroy(beside(ref, 'asking'));
  return ended.length > 0;
}

/** Ends what an attempt before has asked for in vain; gives what it ended. */
async function endLost(minting: Minting, keys: readonly ListedKey[]): Promise<readonly string[]> {
  const asked = await askedBefore(minting);
  const lost = asked ? keys.filter(({ id }) => !asked.before.includes(id)) : [];
  for (const key of lost) await endLostKey(minting, key, asked?.at ?? 0);
  return lost.map(({ id }) => id);
}

async function askedBefore({
  secrets,
  ref,
}: Pick<Minting, 'secrets' | 'ref'>): Promise<z.infer<typeof asking> | undefined> {
  const text = await readBeside(secrets, ref, 'asking');
  return text === undefined ? undefined : asking.parse(JSON.parse(text));
}

async function endLostKey(minting: Minting, { id, createdAt }: ListedKey, askedAt: number): Promise<void> {
  const { iam, secrets, user, ref, signal } = minting;
  if (createdAt < askedAt || createdAt > askedAt + STORE_WITHIN_MS) throw refused(user, 'a key that we did not make');
  // The attempt that made it may be about to store it.
  if (iam.now() - createdAt < LOST_AFTER_MS)
    throw new IncidentError('PROVIDER_UNAVAILABLE', { user, reply: 'another attempt has just made a key' });
  if (await wasUsed(iam, id, signal)) throw refused(user, 'a key that somebody uses');
  if ((await unlessMissing(() => secrets.get(ref))) !== undefined)
    throw new IncidentError('PROVIDER_UNAVAILABLE', { user, reply: 'another attempt has stored one' });
  await deleteKey(iam, user, id, signal);
}

async function create({ iam, secrets, user, region, ref, signal }: Minting): Promise<AwsAccessKeyMaterial> {
  try {
    const { AccessKey } = await iam.client.send(new CreateAccessKeyCommand({ UserName: user }), {
      abortSignal: signal,
    });
    const { AccessKeyId: accessKeyId = '', SecretAccessKey: secretAccessKey = '' } = AccessKey ?? {};
    return { kind: 'aws-access-key', region, accessKeyId, secretAccessKey };
  } catch (error) {
    // Refused, it made none: what comes later is somebody else's.
    if (isRefusal(error)) await secrets.destroy(beside(ref, 'asking'));
    // A slot was free a moment ago: the next attempt sees who took it.
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

function refused(user: string, found: string): IncidentError {
  return new IncidentError('PROVIDER_REFUSED', { user, found });
}
