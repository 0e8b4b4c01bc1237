import { endpointOf } from '../../domain/endpoint';
import { isSubject } from '../../domain/subject';
import { holdsOurValue, withoutOurValues } from '../../domain/token-format';
import type { UsageEvent } from '../../domain/usage-event';
import { clientOf } from './client-of';
import { contentId } from './content-id';
import type { LoggedHeaders } from './logged-headers';
import { IGNORED, malformed, type Mapped } from './mapped';

/** One request as a proxy's access log tells it; an empty text where it does not. */
export interface LoggedRequest {
  readonly source: 'nginx' | 'envoy';
  readonly requestId: string;
  /** Milliseconds since the epoch; NaN where it is unreadable. */
  readonly at: number;
  readonly method: string;
  /** May have a query: it is dropped, since it may hold anything. */
  readonly path: string;
  /** As the client sent it, as far as the log has that. Rules are asked about it, and it goes no further. */
  readonly target: string;
  readonly status: number;
  /** Of the answer's body. */
  readonly bytes: number | undefined;
  readonly address: string;
  readonly agent: string;
  readonly headers: LoggedHeaders;
  /** Our own words about the request, as our gateway hands them back; see docs/examples. */
  readonly subject: string;
  readonly verdict: string;
  /** The user of basic authentication, and the public id of a key, where the proxy knows one. */
  readonly user: string;
  readonly publicId: string;
}

const WRITING_METHODS = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const METHOD = /^[A-Z][A-Z_-]{0,15}$/;
/** In place of what only broken clients and scanners send. */
const OTHER_METHOD = 'OTHER';
/** Characters of a hash that tell requests of one id apart. */
const OWN_LENGTH = 12;
/** How they end an id. */
export const OWN_PART = new RegExp(`/[0-9a-f]{${OWN_LENGTH}}$`);

/**
 * A logged request as a usage event; one that names no credential is ignored. `record` is what it was read from. What a client may write as it likes makes no record malformed: it would
 * take with it the batch it comes in.
 */
export function accessLogEvent(request: LoggedRequest, record: object): Mapped {
  const credential = credentialOf(request);
  if (credential === undefined) return IGNORED;
  if (!isSubject(credential) || holdsOurValue(credential))
    return request.subject === '' ? IGNORED : malformed('credential: no subject');
  if (!Number.isSafeInteger(request.at) || request.at < 0) return malformed('time: unreadable');
  const method = METHOD.test(request.method) ? request.method : OTHER_METHOD;
  return {
    kind: 'event',
    event: {
      kind: 'usage',
      id: `${request.source}:${idOf(request) ?? contentId(flatPartOf(record))}`,
      at: request.at,
      subject: credential,
      source: request.source,
      principalKind: 'unknown',
      client: clientOf(request.address, request.agent),
      action: {
        kind: WRITING_METHODS.has(method) ? 'write' : 'read',
        name: endpointOf(method, plainPath(request.path)),
      },
      outcome: outcomeOf(request),
      ...(request.bytes === undefined ? {} : { bytes: request.bytes }),
    },
  };
}

function credentialOf({ subject, user, publicId }: LoggedRequest): string | undefined {
  if (subject !== '') return subject;
  if (publicId !== '') return `id:access-log:${publicId}`;
  return user === '' ? undefined : `id:http-user:${nameOfUser(user)}`;
}

/** What no person would be called, and a random secret looks like. Some services take a key in place of the user's name. */
const SECRET = /^(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[\w+/=-]{20,}$/;

function nameOfUser(user: string): string {
  return SECRET.test(user) && !holdsOurValue(user) ? `sha256-${contentId(user).slice(0, 32)}` : user;
}

/**
 * The id of a request may be another's, too: Envoy keeps it from one hop to the next, and some servers take what a client sends. Whoever chose it could hide all requests behind one.
 */
function idOf({ requestId, at, method, target, status, address, agent }: LoggedRequest): string | undefined {
  if (requestId === '') return undefined;
  const own = contentId([at, method, target, status, address, agent]).slice(0, OWN_LENGTH);
  return `${withoutOurValues(requestId).slice(0, 150)}/${own}`;
}

/** The same line gives the same id however often and from wherever it is delivered. Log lines are flat; deeper values do not count. */
function flatPartOf(record: object): unknown {
  return Object.entries(record).filter(([, value]) => typeof value !== 'object');
}

/** Without scheme and authority, query, fragment and path parameters. */
function plainPath(path: string): string {
  return path
    .replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '')
    .replace(/[?#].*$/s, '')
    .replace(/;[^/]*/g, '');
}

/** A refusal is a contained one only where our own gateway says so: a status alone may be the service's. */
function outcomeOf({ status, verdict }: LoggedRequest): UsageEvent['outcome'] {
  if (verdict === 'contained') return 'contained';
  if (status === 401) return 'authentication';
  if (status === 403) return 'authorization';
  return status >= 100 && status < 400 ? 'accepted' : 'failed';
}
