import { randomUUID } from 'node:crypto';
import type { InventoryRecord } from '../domain/credential';
import { fingerprint, verifyProbe, type FingerprintKey } from '../domain/fingerprint';
import type { Subject } from '../domain/subject';
import type { UsageEvent } from '../domain/usage-event';
import type { DenylistMap } from './denylist-map';
import type { CheckedToken, TokenLookup } from './token-check';

/** One request as the gateway sees it. */
export interface GatewayRequest {
  readonly token: string | undefined;
  readonly address: string;
  readonly agent: string;
  readonly method: string;
  /** The route's template where it is known, else the path. */
  readonly route: string;
  /** As it was asked for, without the query. */
  readonly path: string;
  readonly probeMark: string | undefined;
}

/** What a request was allowed by: when that is refused later, what is still open of it must end. */
export interface CredentialUse {
  readonly subjects: readonly Subject[];
  readonly address: string;
}

/** `stale`: nobody can say whether the credential is still good, and the route must not be had without knowing. */
export type GatewayDecision =
  | {
      readonly allowed: true;
      readonly principal: string;
      readonly scopes: readonly string[];
      readonly use: CredentialUse;
    }
  | { readonly allowed: false; readonly status: 401; readonly reason: 'missing' | 'contained' | 'authentication' }
  | { readonly allowed: false; readonly status: 503; readonly reason: 'stale'; readonly retryAfterSeconds: number };

export interface GatewayParts {
  readonly id: string;
  readonly mirror: Pick<DenylistMap, 'check'>;
  /** Whether this route must stay shut now, because the denylist may have changed without our knowing. */
  readonly failsClosed: (method: string, path: string) => boolean;
  readonly tokens: TokenLookup;
  /** A request is looked up under every live key; events name the subject it is known by, or the one under the first. */
  readonly fingerprintKeys: readonly [FingerprintKey, ...FingerprintKey[]];
  readonly inventory: { lookup(subject: Subject): InventoryRecord | undefined };
  readonly emit: (event: UsageEvent) => void;
}

export interface Gateway {
  /**
   * Refuses what is contained before anything else is asked, then what is not safe to answer, then what its issuer does not know.
   * Emits the usage event, which tells what the credential did: a request that was turned away for our own ignorance is none.
   */
  authorize(request: GatewayRequest): Promise<GatewayDecision>;
}

export function createGateway(parts: GatewayParts): Gateway {
  return {
    async authorize(request) {
      if (!request.token) return { allowed: false, status: 401, reason: 'missing' };
      const at = Date.now();
      const subjects = fingerprints(request.token, parts.fingerprintKeys);
      const contained = (): boolean =>
        subjects.some((subject) => parts.mirror.check(subject, request.address, Date.now()).refused);
      if (!contained() && parts.failsClosed(request.method, request.path)) return STALE;
      const token = contained() ? undefined : await parts.tokens(subjects);
      // Asked again: a hold that was applied while the issuer was asked refuses this request as well.
      const refused = contained();
      const outcome = refused ? 'contained' : token?.state === 'active' ? 'accepted' : 'authentication';
      parts.emit(usageEvent(parts, request, knownSubject(parts, subjects, request.address), at, outcome));
      return outcome === 'accepted' && token
        ? allow(token, { subjects, address: request.address })
        : { allowed: false, status: 401, reason: refused ? 'contained' : 'authentication' };
    },
  };
}

/** A gateway asks once a second whether it is back. */
const STALE: GatewayDecision = { allowed: false, status: 503, reason: 'stale', retryAfterSeconds: 1 };

function allow(token: CheckedToken, use: CredentialUse): GatewayDecision {
  return { allowed: true, principal: token.principal, scopes: token.scopes, use };
}

function fingerprints(token: string, keys: GatewayParts['fingerprintKeys']): readonly [Subject, ...Subject[]] {
  const [first, ...rest] = keys;
  return [fingerprint(token, first), ...rest.map((key) => fingerprint(token, key))];
}

/** After a new key was put first, older versions are still known by another's fingerprint; who is unknown goes by the first. */
function knownSubject(parts: GatewayParts, subjects: readonly [Subject, ...Subject[]], address: string): Subject {
  const inventoried = subjects.find((subject) => parts.inventory.lookup(subject));
  if (inventoried) return inventoried;
  const listed = subjects.find((subject) => {
    const check = parts.mirror.check(subject, address, Date.now());
    return check.refused || check.lane !== undefined;
  });
  return listed ?? subjects[0];
}

const WRITING_METHODS = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const MAX_TEXT = 512;

function usageEvent(
  parts: GatewayParts,
  request: GatewayRequest,
  subject: Subject,
  at: number,
  outcome: UsageEvent['outcome'],
): UsageEvent {
  const probe = request.probeMark === undefined ? undefined : verifyProbe(request.probeMark, at, parts.fingerprintKeys);
  return {
    kind: 'usage',
    id: `${parts.id}/${randomUUID()}`,
    at,
    subject,
    source: 'gateway',
    principalKind: parts.inventory.lookup(subject)?.principalKind ?? 'unknown',
    client: { address: request.address, agent: request.agent.slice(0, MAX_TEXT) },
    action: {
      kind: WRITING_METHODS.has(request.method) ? 'write' : 'read',
      name: `${request.method} ${request.route}`.slice(0, MAX_TEXT),
    },
    outcome,
    ...(probe === undefined ? {} : { probe }),
  };
}
