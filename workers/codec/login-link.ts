import { createHmac, randomBytes } from 'node:crypto';
import { isSameSecret } from '../../domain/same-secret';

/** How long a login link may be opened, in milliseconds: long enough to copy it into a browser. */
export const LINK_LIFE_MS = 5 * 60_000;

/** A login ticket for the codec server, signed with its access token: who can read the token's file may log a browser in. */
export function issueTicket(token: string, now: number): string {
  const stem = `${randomBytes(16).toString('base64url')}.${now.toString(36)}`;
  return `${stem}.${signature(token, stem)}`;
}

/** Takes each ticket once: one from before this start of the server, which may have been used then, not at all. */
export class TicketDesk {
  readonly #startedAt: number;
  readonly #used = new Map<string, number>();

  constructor(
    private readonly token: string,
    now: number,
  ) {
    this.#startedAt = now;
  }

  redeem(ticket: string, now: number): boolean {
    const [nonce = '', issued = '', mac = ''] = ticket.split('.');
    const at = parseInt(issued, 36);
    const fresh = at >= this.#startedAt && Math.abs(now - at) <= LINK_LIFE_MS;
    if (!fresh || !isSameSecret(mac, signature(this.token, `${nonce}.${issued}`)) || this.#used.has(nonce))
      return false;
    for (const [old, usedAt] of this.#used) if (now - usedAt > 2 * LINK_LIFE_MS) this.#used.delete(old);
    this.#used.set(nonce, now);
    return true;
  }
}

function signature(token: string, stem: string): string {
  return createHmac('sha256', token).update(`codec login\n${stem}`, 'utf8').digest('base64url');
}
