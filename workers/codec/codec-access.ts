import { createHash, randomBytes } from 'node:crypto';
import { isSameSecret } from '../../domain/same-secret';
import { TicketDesk } from './login-link';

/** A browser is logged in for a working day. */
export const SESSION_MS = 12 * 60 * 60_000;
/** More sessions at once than people have browsers; the oldest goes first. */
const MAX_SESSIONS = 100;

export const SESSION_COOKIE = 'tourniquet-codec';

/** What a request shows of itself. */
export interface Credentials {
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
  /** From the path of the endpoint. */
  readonly capability: string | undefined;
}

/** Who may have payloads decoded: the bearer of the token, a browser that was logged in, or whoever was given the endpoint with its capability. */
export class CodecAccess {
  readonly #tickets: TicketDesk;
  readonly #sessions = new Map<string, number>();

  constructor(
    private readonly token: string,
    private readonly capability: string | undefined,
    now = Date.now(),
  ) {
    this.#tickets = new TicketDesk(token, now);
  }

  allows({ authorization, cookie, capability }: Credentials, now: number): boolean {
    const bearer = /^Bearer (?<token>\S+)$/i.exec(authorization ?? '')?.groups?.['token'];
    if (bearer !== undefined && isSameSecret(bearer, this.token)) return true;
    if (capability !== undefined && this.capability !== undefined && isSameSecret(capability, this.capability))
      return true;
    const session = sessionOf(cookie);
    const until = session === undefined ? undefined : this.#sessions.get(digest(session));
    return until !== undefined && now < until;
  }

  /** A new session for a ticket that is good, once. */
  logIn(ticket: string, now: number): string | undefined {
    if (!this.#tickets.redeem(ticket, now)) return undefined;
    const session = randomBytes(32).toString('base64url');
    const oldest = this.#sessions.keys().next();
    if (this.#sessions.size >= MAX_SESSIONS && !oldest.done) this.#sessions.delete(oldest.value);
    this.#sessions.set(digest(session), now + SESSION_MS);
    return session;
  }
}

function sessionOf(cookie: string | undefined): string | undefined {
  const pairs = (cookie ?? '').split(';').map((pair) => pair.trim().split('='));
  return pairs.find(([name]) => name === SESSION_COOKIE)?.[1];
}

/** A memory of sessions must not be a list of cookies. */
function digest(session: string): string {
  return createHash('sha256').update(session, 'utf8').digest('hex');
}
