import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Credential, SecretRef } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import type { SecretStore } from '../../domain/ports/stores';
import { parseMaterial, type HttpMaterial } from '../../domain/secret-material';
import { beside, LOST_AFTER_MS, readBeside } from './beside-value';
import { at, fill } from './http-template';
import type { HttpSystem } from './http-system';
import { unlessMissing } from './unless-missing';

/** How long an attempt waits for a value that it will still store. */
const STORE_WITHIN_MS = 5_000;

const asking = z.object({ label: z.string(), at: z.number() });

export interface Minting {
  readonly system: HttpSystem;
  readonly secrets: SecretStore;
  readonly credential: Credential;
  readonly version: number;
  readonly ref: SecretRef;
}

/** What is stored of a version; undefined of one that was never minted. */
export async function storedOf(secrets: SecretStore, ref: SecretRef): Promise<HttpMaterial | undefined> {
  const text = await unlessMissing(() => secrets.get(ref));
  return text === undefined ? undefined : parseMaterial('http', text);
}

/**
 * Makes a version whose value the system shows once. Its label, which no other attempt has, is written down first: what an attempt before asked for, and
 * whose answer was lost, is found by it and ended.
 * @throws IncidentError PROVIDER_UNAVAILABLE while another attempt may be about to store one
 */
export async function mintShownOnce(minting: Minting): Promise<HttpMaterial> {
  const { system, secrets, ref } = minting;
  await endAskedFor(minting);
  const label = `${labelStem(minting)}-${randomBytes(6).toString('hex')}`;
  const asked = JSON.stringify({ label, at: Date.now() });
  if ((await secrets.putIfAbsent(beside(ref, 'asking'), asked)) === 'exists') throw underWay(system);
  const begin = performance.now();
  const made = await create(minting, label);
  const isInTime = performance.now() - begin < STORE_WITHIN_MS;
  if (!isInTime || (await secrets.putIfAbsent(ref, JSON.stringify(made))) === 'exists') {
    await system.delete(made.id);
    throw underWay(system);
  }
  await secrets.destroy(beside(ref, 'asking'));
  return made;
}

/** Makes a version whose value is ours, and stored before the system learns of it; repeated, it is the same. */
export async function mintOurs(minting: Minting): Promise<HttpMaterial> {
  const { system, secrets, ref } = minting;
  const { gives, create: call } = system.settings;
  const values = valuesOf(minting, labelStem(minting));
  const fresh = { kind: 'http', id: fill(gives.id, values), secret: randomBytes(32).toString('base64url') };
  // Before anything is stored: the undo ends what is.
  const isThere = (await system.find(fresh.id)) !== 'absent';
  if (isThere && !(await storedOf(secrets, ref))) throw refused(system, fresh.id, 'somebody else’s');
  await secrets.putIfAbsent(ref, JSON.stringify(fresh));
  const kept = parseMaterial('http', await secrets.get(ref));
  if ((await system.find(kept.id)) !== 'absent') return kept;
  await system.admin({ name: 'create', call }, { ...values, secret: kept.secret });
  return kept;
}

/** Ends what an attempt before has asked for in vain; says whether there was any. @throws IncidentError PROVIDER_UNAVAILABLE while it may still be stored */
export async function endAskedFor({ system, secrets, ref }: Minting): Promise<boolean> {
  const asked = await askedBefore(secrets, ref);
  if (!asked) return false;
  if (Date.now() - asked.at < LOST_AFTER_MS) throw underWay(system);
  const lost = await system.labelled(asked.label);
  for (const id of lost) await system.delete(id);
  await secrets.destroy(beside(ref, 'asking'));
  return lost.length > 0;
}

async function create(minting: Minting, label: string): Promise<HttpMaterial> {
  const { system, secrets, ref } = minting;
  const { gives, create: call } = system.settings;
  const values = valuesOf(minting, label);
  try {
    const { body } = await system.admin({ name: 'create', call }, values);
    const id = gives.id.startsWith('/') ? at(gives.id, body) : fill(gives.id, values);
    const secret = at(gives.secret ?? '', body);
    // What it made is found by its label.
    if (!isText(id) || typeof secret !== 'string' || secret === '')
      throw new IncidentError('PROVIDER_UNAVAILABLE', { account: system.account, reply: 'without an id or a secret' });
    return { kind: 'http', id: String(id), secret };
  } catch (error) {
    // Refused, it made none: the next attempt need not wait.
    if (error instanceof IncidentError && error.code !== 'PROVIDER_UNAVAILABLE')
      await secrets.destroy(beside(ref, 'asking'));
    throw error;
  }
}

function isText(id: unknown): id is string | number {
  return typeof id === 'number' || (typeof id === 'string' && id !== '');
}

async function askedBefore(secrets: SecretStore, ref: SecretRef): Promise<z.infer<typeof asking> | undefined> {
  const text = await readBeside(secrets, ref, 'asking');
  return text === undefined ? undefined : asking.parse(JSON.parse(text));
}

/** What the call that makes a version may name. */
function valuesOf({ system, credential, version }: Minting, label: string) {
  return { ...system.valuesOf(credential), label, version: String(version) };
}

function labelStem({ credential, version }: Minting): string {
  return `tourniquet-${credential.id}-v${version}`;
}

function underWay({ account }: HttpSystem): IncidentError {
  return new IncidentError('PROVIDER_UNAVAILABLE', { account, reply: 'another attempt has just asked for one' });
}

function refused({ account }: HttpSystem, id: string, found: string): IncidentError {
  return new IncidentError('PROVIDER_REFUSED', { account, version: id, found });
}
