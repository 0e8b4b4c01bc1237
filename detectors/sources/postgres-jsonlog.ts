import { z } from 'zod';
import { isSubject, type Subject } from '../../domain/subject';
import type { UsageEvent } from '../../domain/usage-event';
import { parseJson } from '../../domain/parse-json';
import { clientOf } from './client-of';
import { describeIssues, IGNORED, malformed, type NotMapped } from './mapped';

/** The fields we use of a line of `log_destination = 'jsonlog'` (PostgreSQL 15 and later). */
const logLine = z.object({
  timestamp: z.string(),
  session_id: z.string().min(1).max(64),
  line_num: z.number().int(),
  error_severity: z.string(),
  message: z.string().optional(),
  state_code: z.string().optional(),
  ps: z.string().optional(),
  user: z.string().optional(),
  dbname: z.string().optional(),
  remote_host: z.string().optional(),
});

type LogLine = z.infer<typeof logLine>;

/** Which server the log is of, and which of its roles are ours. */
export interface PostgresLogScope {
  readonly account: string;
  /** Who the role was issued to, or undefined when it is not under management. */
  principalKindOf(subject: Subject): UsageEvent['principalKind'] | undefined;
  /** The id of our own probe when an application name is its signed mark. */
  probeOf?(applicationName: string, at: number): string | undefined;
}

/** A login event, and the session it belongs to: a refusal may still follow (see postgres-login.ts). */
export type MappedLogin = NotMapped | { readonly kind: 'event'; readonly event: UsageEvent; readonly session: string };

/** One line of PostgreSQL's JSON log. Logins and refused logins of managed roles are events; all else is ignored. */
export function mapPostgresLogLine(text: string, scope: PostgresLogScope): MappedLogin {
  const json = parseJson(text);
  if (json === undefined) return malformed('line: not JSON');
  const parsed = logLine.safeParse(json);
  if (!parsed.success) return malformed(describeIssues(parsed.error.issues));
  const line = parsed.data;
  const outcome = outcomeOf(line);
  if (!outcome || !line.user) return IGNORED;
  const subject = `id:postgres-role:${scope.account}/${line.user}`;
  // Our own role names fit in a subject; a name that does not is somebody else's.
  const principalKind = isSubject(subject) ? scope.principalKindOf(subject) : undefined;
  if (!isSubject(subject) || !principalKind) return IGNORED;
  const at = parseTimestamp(line.timestamp);
  if (at === undefined) return malformed('timestamp: not UTC or unreadable');
  const client = clientOf(addressOf(line), applicationNameOf(line));
  const probe = scope.probeOf?.(client.agent, at);
  return {
    kind: 'event',
    session: line.session_id,
    event: {
      kind: 'usage',
      id: `pg:${scope.account}:${line.session_id}:${line.line_num}`.slice(0, 200),
      at,
      subject,
      source: 'postgres-log',
      principalKind,
      client,
      action: { kind: 'login', name: 'login' },
      outcome,
      ...(probe === undefined ? {} : { probe }),
    },
  };
}

const AUTHORIZED = /^(?:replication )?connection authorized: /;
/** invalid_password, invalid_authorization_specification. */
const AUTHENTICATION_STATES = new Set(['28P01', '28000']);

function outcomeOf({ error_severity, message = '', state_code = '', ps }: LogLine): UsageEvent['outcome'] | undefined {
  if (error_severity === 'LOG') return AUTHORIZED.test(message) ? 'accepted' : undefined;
  if (error_severity !== 'FATAL') return undefined;
  if (AUTHENTICATION_STATES.has(state_code)) return 'authentication';
  // The password was right, and the session did not come about: no such database, too many connections.
  return ps === 'startup' ? 'failed' : undefined;
}

/**
 * The application name, which at this moment stands in the message only, behind user and database (both known from their own fields)
 * and before the words on encryption. The client chooses it, so nothing is searched for inside it.
 */
function applicationNameOf({ message = '', user = '', dbname = '' }: LogLine): string {
  const afterUser = message.replace(AUTHORIZED, '').slice(`user=${user}`.length);
  const afterDatabase = afterUser.startsWith(` database=${dbname}`)
    ? afterUser.slice(` database=${dbname}`.length)
    : afterUser;
  if (!AUTHORIZED.test(message) || !afterDatabase.startsWith(' application_name=')) return '';
  return afterDatabase
    .slice(' application_name='.length)
    .replace(/ GSS \([^()]*\)$/, '')
    .replace(/ SSL enabled \([^()]*\)$/, '');
}

/** Empty for a Unix socket: the client is on the server itself. */
function addressOf({ remote_host = '' }: LogLine): string {
  return remote_host === '[local]' ? '' : remote_host;
}

/** Only UTC is unambiguous: `log_timezone` must be UTC, as abbreviations such as CST mean several things. */
function parseTimestamp(text: string): number | undefined {
  const match = /^(?<day>\d{4}-\d\d-\d\d) (?<time>\d\d:\d\d:\d\d(?:\.\d{1,6})?) (?:UTC|GMT)$/.exec(text);
  const { day, time } = match?.groups ?? {};
  if (!day || !time) return undefined;
  const at = Date.parse(`${day}T${time}Z`);
  return Number.isNaN(at) ? undefined : at;
}
