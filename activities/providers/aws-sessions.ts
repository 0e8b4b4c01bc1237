import {
  GetRolePolicyCommand,
  GetUserPolicyCommand,
  MalformedPolicyDocumentException,
  NoSuchEntityException,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  type IAMClient,
} from '@aws-sdk/client-iam';
import { z } from 'zod';
import { IncidentError } from '../../domain/errors';
import type { Iam } from './aws-calls';

/** Whoever holds sessions that a key may have opened: its user, or a role that nobody but this user assumes. */
export interface Holder {
  readonly kind: 'user' | 'role';
  readonly name: string;
}

/** An inline policy of the holder. Its name is part of the record: another one would not be found again. */
export const POLICY_NAME = 'tourniquet-ends-sessions';

/** A key's id is 20 characters of the 2,048 that inline policies of a user have in all. */
const MOST_NAMED = 20;
/**
 * Dates have no fractions, so this second is over in the next one; and what was let in at another place of AWS may be a little late. Sessions that other keys
 * open within it are refused too.
 */
const MARGIN_MS = 3_000;
/** Of a policy that no IAM takes. */
const PROBE_NAME = 'tourniquet-probe';
const NO_DOCUMENT = 'none';
/** How often a policy is written that others write at the same moment. */
const TRIES = 5;
const KEY_ID = /AKIA[A-Z0-9]{16}/g;
const SID = 'EndsSessionsOf';

const document = z.object({
  Statement: z.tuple([
    z.object({
      Sid: z.string(),
      Effect: z.literal('Deny'),
      Condition: z.object({ DateLessThan: z.object({ 'aws:TokenIssueTime': z.iso.datetime() }) }),
    }),
  ]),
});

interface Ended {
  /** Sessions opened before it are refused; milliseconds since the epoch. */
  readonly before: number;
  /** The keys whose sessions that are, the last one last. */
  readonly keys: readonly string[];
}

export function isKeyId(text: string): boolean {
  return /^AKIA[A-Z0-9]{16}$/.test(text);
}

/** Whether all sessions are refused that the key had opened when it was refused itself. Who is gone has none. */
export async function areSessionsEnded(iam: Iam, holders: readonly Holder[], keyId: string, signal: AbortSignal) {
  for (const holder of holders) {
    const ended = await read(iam, holder, signal);
    if (ended && !ended.keys.includes(keyId)) return false;
  }
  return true;
}

/** The holders that there are not. */
export async function missingHolders(iam: Iam, holders: readonly Holder[], signal: AbortSignal) {
  const missing: string[] = [];
  for (const holder of holders) if (!(await read(iam, holder, signal))) missing.push(`${holder.kind} ${holder.name}`);
  return missing;
}

/** Asks for a policy to be written that IAM refuses by its text, but by rights before that. */
export async function tryToWrite({ client }: Iam, holder: Holder, abortSignal: AbortSignal): Promise<void> {
  try {
    await put(client, holder, { PolicyName: PROBE_NAME, PolicyDocument: NO_DOCUMENT }, abortSignal);
  } catch (error) {
    // Who is not there is named by another look.
    if (!(error instanceof MalformedPolicyDocumentException || error instanceof NoSuchEntityException)) throw error;
  }
}

/**
 * Refuses all sessions opened until now, by the time at which AWS dates them (the condition key aws:TokenIssueTime, which only sessions have, so that no key of the
 * user is refused). `keyId` says that the key opens no more. Looks again after writing, since there is no compare-and-set.
 */
export async function endSessions(
  iam: Iam,
  holders: readonly Holder[],
  keyId: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const end = iam.now() + MARGIN_MS;
  for (const holder of holders) await endSessionsOf(iam, holder, { keyId, end }, signal);
}

async function endSessionsOf(
  iam: Iam,
  holder: Holder,
  { keyId, end }: { readonly keyId: string | undefined; readonly end: number },
  signal: AbortSignal,
): Promise<void> {
  for (let time = 0; time < TRIES; time++) {
    const now = await read(iam, holder, signal);
    if (!now) return;
    const { before, keys } = now;
    if (before >= end && (keyId === undefined || keys.includes(keyId))) return;
    const all = keyId === undefined ? keys : [...keys.filter((key) => key !== keyId), keyId];
    await write(iam, holder, { before: Math.max(before, end), keys: all }, signal);
  }
  throw new IncidentError('PROVIDER_UNAVAILABLE', { holder: holder.name, reply: 'others write its policy' });
}

/** Takes the key from the record, so that it can be refused anew. Sessions that were ended stay so. */
export async function forgetKey(iam: Iam, holders: readonly Holder[], keyId: string, signal: AbortSignal) {
  for (const holder of holders) {
    const now = await read(iam, holder, signal);
    if (now?.keys.includes(keyId))
      await write(iam, holder, { ...now, keys: now.keys.filter((key) => key !== keyId) }, signal);
  }
}

/** What is not as we write it covers nothing. Undefined where there is no such holder. */
async function read({ client }: Iam, { kind, name }: Holder, abortSignal: AbortSignal): Promise<Ended | undefined> {
  const nothing: Ended = { before: 0, keys: [] };
  try {
    const { PolicyDocument: text = '' } =
      kind === 'user'
        ? await client.send(new GetUserPolicyCommand({ UserName: name, PolicyName: POLICY_NAME }), { abortSignal })
        : await client.send(new GetRolePolicyCommand({ RoleName: name, PolicyName: POLICY_NAME }), { abortSignal });
    const parsed = document.safeParse(JSON.parse(decodeURIComponent(text)));
    if (!parsed.success) return nothing;
    const [{ Sid, Condition }] = parsed.data.Statement;
    return { before: Date.parse(Condition.DateLessThan['aws:TokenIssueTime']), keys: Sid.match(KEY_ID) ?? [] };
  } catch (error) {
    if (error instanceof SyntaxError) return nothing;
    if (!(error instanceof NoSuchEntityException)) throw error;
    // IAM has one code for both, and says in its text which it misses.
    return /^(?:the )?(?:user |role )?policy\b/i.test(error.message) ? nothing : undefined;
  }
}

async function write({ client }: Iam, holder: Holder, ended: Ended, abortSignal: AbortSignal): Promise<void> {
  const statement = {
    Sid: `${SID}${ended.keys.slice(-MOST_NAMED).join('')}`,
    Effect: 'Deny',
    Action: '*',
    Resource: '*',
    Condition: { DateLessThan: { 'aws:TokenIssueTime': new Date(ended.before).toISOString().replace('.000Z', 'Z') } },
  };
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  await put(client, holder, { PolicyName: POLICY_NAME, PolicyDocument }, abortSignal);
}

async function put(
  client: IAMClient,
  { kind, name }: Holder,
  policy: { readonly PolicyName: string; readonly PolicyDocument: string },
  abortSignal: AbortSignal,
): Promise<void> {
  if (kind === 'user') await client.send(new PutUserPolicyCommand({ UserName: name, ...policy }), { abortSignal });
  else await client.send(new PutRolePolicyCommand({ RoleName: name, ...policy }), { abortSignal });
}
