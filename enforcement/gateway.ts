import { randomUUID } from 'node:crypto';
import type { InventoryRecord } from '../domain/credential';
import { endpointOf } from '../domain/endpoint';
import { fingerprints, verifyProbe, type FingerprintKey } from '../domain/fingerprint';
import type { Subject } from '../domain/subject';
import { withoutOurValues } from '../domain/token-format';
import { tokenStateAt } from '../domain/token-state';
import type { BreachEvent, UsageEvent } from '../domain/usage-event';
import type { DenylistMap, LaneCheck } from './denylist-map';
import { createEndpointMemory } from './endpoint-memory';
import { createLaneGuard, type LaneVerdict } from './lane-guard';
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
      /** By which of its subjects the event names the credential. */
      readonly subject: Subject;
    }
  | { readonly allowed: false; readonly status: 401; readonly reason: 'missing' }
  | {
      readonly allowed: false;
      readonly status: 401;
      readonly reason: 'contained' | 'authentication';
      readonly subject: Subject;
    }
  | { readonly allowed: false; readonly status: 503; readonly reason: 'stale'; readonly retryAfterSeconds: number };

export interface GatewayParts {
  readonly id: string;
  readonly mirror: Pick<DenylistMap, 'check' | 'closeLane'>;
  /** Whether this route must stay shut now, because the denylist may have changed without our knowing. */
  readonly failsClosed: (method: string, path: string) => boolean;
  readonly tokens: TokenLookup;
  /** A request is looked up under every live key; events name the subject it is known by, or the one under the first. */
  readonly fingerprintKeys: readonly [FingerprintKey, ...FingerprintKey[]];
  readonly inventory: { lookup(subject: Subject): InventoryRecord | undefined };
  readonly emit: (event: UsageEvent | BreachEvent) => void;
  /** Told once of each lane whose endpoints this gateway can't limit: it started after the containment, or the context calls too many. */
  readonly onUnlimitedLane?: (subject: Subject, context: string, why: 'no-memory' | 'wide') => void;
}

export interface Gateway {
  /**
   * Refuses what is contained before anything else is asked, then what is not safe to answer, then what its issuer does not know or whose
   * parent is contained, then what exceeds the lane it would pass by. A use that breaks its lane closes it, here at once and elsewhere by what is emitted. Emits the usage event, which tells what the credential did: a request that was turned away for our own ignorance is none.
   */
  authorize(request: GatewayRequest): Promise<GatewayDecision>;
}

export function createGateway(parts: GatewayParts): Gateway {
  const memory = createEndpointMemory();
  const guard = createLaneGuard(memory, parts.onUnlimitedLane ?? (() => undefined));

  /** What an accepted use is, by the limits of its lane. One outside any lane is learnt from. */
  function judge(request: GatewayRequest, subjects: readonly Subject[], subject: Subject): Judged {
    const now = Date.now();
    const endpoint = (): string => endpointOf(request.method, request.route);
    const lane = laneOf(parts, subjects, request.address, now);
    if (lane) return { lane, verdict: guard.judge(subject, lane.check, endpoint(), now) };
    const record = parts.inventory.lookup(subject);
    if (record && record.knownContexts.length > 0) memory.learn(record, request.address, endpoint(), now);
    return FREE_USE;
  }

  return {
    async authorize(request) {
      if (!request.token) return { allowed: false, status: 401, reason: 'missing' };
      const at = Date.now();
      const own = fingerprints(request.token, parts.fingerprintKeys);
      const contained = (subjects: readonly Subject[]): boolean =>
        subjects.some((subject) => parts.mirror.check(subject, request.address, Date.now()).refused);
      if (!contained(own) && parts.failsClosed(request.method, request.path)) return STALE;
      const token = contained(own) ? undefined : await parts.tokens(own);
      // What a derived token does, the one that it was derived from does: that one can be answered.
      const subjects = token?.parentSubjects ?? own;
      const all = token?.parentSubjects ? [...own, ...subjects] : own;
      // Asked again: a hold that was applied while the issuer was asked refuses this request as well.
      const refused = contained(all);
      const subject = knownSubject(parts, subjects, request.address);
      const isActive = !refused && token !== undefined && tokenStateAt(token, Date.now()) === 'active';
      const probe = probeOf(parts, request, at);
      // Our own probes come by ways that no dependent uses, and teach nothing about any.
      const judged = isActive && probe === undefined ? judge(request, subjects, subject) : FREE_USE;
      const passes = isActive && judged.verdict === 'pass';
      const outcome = passes ? 'accepted' : refused || isActive ? 'contained' : 'authentication';
      const event = usageEvent(parts, request, subject, at, outcome, probe);
      if (judged.lane && typeof judged.verdict === 'object') {
        const { what, detail } = judged.verdict;
        const context = judged.lane.check.lane;
        // Before the use itself: the detectors judge that by what stands before it.
        parts.emit({ kind: 'breach', id: `${event.id}/breach`, at, subject, use: event.id, context, what, detail });
        parts.mirror.closeLane(
          judged.lane.subject,
          `its lane was breached by ${context}: ${what} ${detail}`.slice(0, 1000),
        );
      }
      parts.emit(event);
      return outcome === 'accepted' && token
        ? allow(token, { subjects: all, address: request.address }, subject)
        : { allowed: false, status: 401, reason: outcome === 'contained' ? 'contained' : 'authentication', subject };
    },
  };
}

interface Judged {
  readonly lane?: { readonly subject: Subject; readonly check: LaneCheck };
  readonly verdict: LaneVerdict;
}

const FREE_USE: Judged = { verdict: 'pass' };

/** By which of its subjects the credential is contained, when it passes by a lane. */
function laneOf(parts: GatewayParts, subjects: readonly Subject[], address: string, now: number): Judged['lane'] {
  for (const subject of subjects) {
    const check = parts.mirror.check(subject, address, now);
    if (!check.refused && check.lane !== undefined) return { subject, check };
  }
  return undefined;
}

/** A gateway asks once a second whether it is back. */
const STALE: GatewayDecision = { allowed: false, status: 503, reason: 'stale', retryAfterSeconds: 1 };

function allow(token: CheckedToken, use: CredentialUse, subject: Subject): GatewayDecision {
  return { allowed: true, principal: token.principal, scopes: token.scopes, use, subject };
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

function probeOf(parts: GatewayParts, { probeMark }: GatewayRequest, at: number): string | undefined {
  return probeMark === undefined ? undefined : verifyProbe(probeMark, at, parts.fingerprintKeys);
}

/** A framework's own template as it is; of a path what names a single thing is left out, as in access logs: it may be anybody's, and is new each time. */
function templateOf({ method, route, path }: GatewayRequest): string {
  return route === path ? endpointOf(method, path) : `${method} ${route}`.slice(0, MAX_TEXT);
}

const WRITING_METHODS = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const MAX_TEXT = 512;

function usageEvent(
  parts: GatewayParts,
  request: GatewayRequest,
  subject: Subject,
  at: number,
  outcome: UsageEvent['outcome'],
  probe: string | undefined,
): UsageEvent {
  return {
    kind: 'usage',
    id: `${parts.id}/${randomUUID()}`,
    at,
    subject,
    source: 'gateway',
    principalKind: parts.inventory.lookup(subject)?.principalKind ?? 'unknown',
    client: { address: request.address, agent: withoutOurValues(request.agent).slice(0, MAX_TEXT) },
    action: {
      kind: WRITING_METHODS.has(request.method) ? 'write' : 'read',
      name: templateOf(request),
    },
    outcome,
    ...(probe === undefined ? {} : { probe }),
  };
}
