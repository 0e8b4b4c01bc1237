import { Algorithms, decode, encode, type Account } from '@nats-io/jwt';
import { fromSeed, type KeyPair } from '@nats-io/nkeys';
import { NoRespondersError, PermissionViolationError, type NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';
import { IncidentError } from '../../domain/errors';
import { parseJson } from '../../domain/parse-json';
import type { InTurn } from '../../domain/ports/stores';
import type { NatsUserSettings } from './nats-account';
import { isRefusal, withNats } from './nats-connection';

const ADMIN_WITHIN_MS = 9_000;
const ASK_WITHIN_MS = 5_000;
/** Servers of a cluster answer each for itself. */
const LIST_WITHIN_MS = 300;
/** A JWT is refused that was issued before the time of its revocation: clocks may differ, and no other is ever issued for the key. */
const CLOCKS_DIFFER_S = 3_600;

const updated = z.object({ data: z.object({ code: z.literal(200) }) });
const listed = z.object({ data: z.object({ num_connections: z.number().int() }) });

type Claims = ReturnType<typeof decode<Account>>;

interface Place {
  readonly settings: NatsUserSettings;
  readonly account: string;
  readonly signal: AbortSignal;
  readonly inTurn: InTurn;
}

/** What an account says of its users, asked and changed as the system account. @throws IncidentError as a provider does */
export function natsClaims({ settings, account, signal, inTurn }: Place) {
  const { url, systemUrl = url, systemCreds: creds, account: id } = settings;
  const about = { provider: 'nats-user', account };

  async function asSystem<T>(work: (nats: NatsConnection) => Promise<T>): Promise<T> {
    try {
      return await withNats({ url: systemUrl, creds, name: 'tourniquet', withinMs: ADMIN_WITHIN_MS }, signal, work);
    } catch (error) {
      if (error instanceof IncidentError) throw error;
      if (isRefusal(error) || error instanceof PermissionViolationError)
        throw new IncidentError('PROVIDER_ADMIN_DENIED', about);
      if (error instanceof NoRespondersError)
        throw new IncidentError('PROVIDER_REFUSED', { ...about, reply: 'no resolver there takes updates' });
      throw new IncidentError('PROVIDER_UNAVAILABLE', about);
    }
  }

  async function claimsOf(nats: NatsConnection): Promise<Claims> {
    const answer = await nats.request(`$SYS.REQ.ACCOUNT.${id}.CLAIMS.LOOKUP`, '', { timeout: ASK_WITHIN_MS });
    const claims = decode<Account>(answer.string());
    if (claims.sub !== id) throw new IncidentError('PROVIDER_UNAVAILABLE', { ...about, reply: 'another account' });
    return claims;
  }

  /** A server takes an account that is signed by a stranger, says so with 200, and then lets nobody into it. */
  async function ours(nats: NatsConnection): Promise<{ readonly claims: Claims; readonly signer: KeyPair }> {
    const claims = await claimsOf(nats);
    const signer = fromSeed(new TextEncoder().encode(settings.operatorSeed));
    if (claims.iss !== signer.getPublicKey())
      throw new IncidentError('PROVIDER_ADMIN_DENIED', { ...about, reply: 'the account was signed with another key' });
    return { claims, signer };
  }

  async function change(nats: NatsConnection, edit: (revocations: Map<string, number>) => void): Promise<void> {
    const { claims, signer } = await ours(nats);
    const revocations = new Map(Object.entries(claims.nats.revocations ?? {}));
    edit(revocations);
    const next = { ...claims, nats: { ...claims.nats, revocations: Object.fromEntries(revocations) } };
    const jwt = await encode(Algorithms.v2, next, signer);
    const answer = await nats.request('$SYS.REQ.CLAIMS.UPDATE', jwt, { timeout: ASK_WITHIN_MS });
    if (!updated.safeParse(parseJson(answer.string())).success)
      throw new IncidentError('PROVIDER_REFUSED', { ...about, reply: 'the update of the account' });
  }

  return {
    isRevoked: (user: string): Promise<boolean> =>
      asSystem(async (nats) => (await claimsOf(nats)).nats.revocations?.[user] !== undefined),

    /** Whether it could be changed: it was signed with our key last. @throws IncidentError PROVIDER_ADMIN_DENIED */
    mustBeOurs: (): Promise<void> => asSystem(async (nats) => void (await ours(nats))),

    /** The whole JWT is read and written: two at once would each take the other's revocation back. */
    revoke: (user: string): Promise<void> =>
      inTurn(`nats-account/${id}`, () =>
        asSystem((nats) => change(nats, (all) => void all.set(user, Math.floor(Date.now() / 1_000) + CLOCKS_DIFFER_S))),
      ),

    restore: (user: string): Promise<void> =>
      inTurn(`nats-account/${id}`, () => asSystem((nats) => change(nats, (all) => void all.delete(user)))),

    /** How many connections of a user are open, at all servers that answer. */
    connections: (user: string): Promise<number> =>
      asSystem(async (nats) => {
        const filter = JSON.stringify({ acc: id, user, auth: true });
        const answers = await nats.requestMany('$SYS.REQ.SERVER.PING.CONNZ', filter, { maxWait: LIST_WITHIN_MS });
        let open: number | undefined;
        for await (const answer of answers)
          open = (open ?? 0) + listed.parse(parseJson(answer.string())).data.num_connections;
        if (open === undefined) throw new IncidentError('PROVIDER_UNAVAILABLE', { ...about, reply: 'no list' });
        return open;
      }),
  };
}

export type NatsClaims = ReturnType<typeof natsClaims>;
