/**
 * Every failure Tourniquet names, in one table. A code is stable for ever: programs and runbooks switch on it.
 * `retryable` decides whether Temporal may try the activity again; `next` tells a person what to do.
 * `docs/errors.md` lists the same codes; a test compares the two both ways.
 */
const ERRORS = {
  USAGE_EVENT_MALFORMED: {
    retryable: false,
    next: 'Mend the sender; replay the message from the dead-letter subject.',
  },
  DETECTION_MALFORMED: {
    retryable: false,
    next: 'Mend the publisher; replay the message from the dead-letter subject.',
  },
  SUBJECT_MALFORMED: { retryable: false, next: 'Write a subject as fp:<key id>:<hex> or id:<provider>:<public id>.' },
  CREDENTIAL_UNKNOWN: { retryable: false, next: 'Register the credential in the inventory, or correct its id.' },
  SUBJECT_TAKEN: {
    retryable: false,
    next: 'Another credential is registered for this subject: respond to that one, or correct the inventory.',
  },
  CREDENTIAL_DIFFERS: {
    retryable: false,
    next: 'Nothing was changed: a credential keeps its provider, account and principal. Register the other one under another id.',
  },
  REGISTRATION_RUNNING: {
    retryable: true,
    next: 'This credential is being registered right now: send it again when that has ended, which takes seconds.',
  },
  ADOPTION_REFUSED: {
    retryable: false,
    next: 'Nothing is kept. Correct what is named, or leave `version` out: then the provider mints a first version, and its dependents are moved to that by whoever runs them.',
  },
  SUBJECTS_MISSING: {
    retryable: false,
    next: 'The version has no subject that could be refused: register it with one, or look for the credential that has it.',
  },
  VERSION_UNKNOWN: { retryable: false, next: 'Name a version that `tourniquet credential list` shows.' },
  VERSION_NOT_LIVE: {
    retryable: false,
    next: 'It was never in use, or is dead and proven so: look at its incident, or name the version that leaked.',
  },
  CONTAINMENT_FINAL: {
    retryable: false,
    next: 'It was revoked or discarded, which nothing undoes: use the replacement, or mint one.',
  },
  CONTAINMENT_LIFTED: {
    retryable: false,
    next: 'A person lifted the containment after this one was decided, so nothing was refused: start an incident if there is new evidence.',
  },
  NOT_READY: {
    retryable: false,
    next: 'Mend what each line says before anything leaks; `tourniquet doctor` looks again.',
  },
  INCIDENT_EXISTS: { retryable: false, next: 'Follow the incident that is already open for this version.' },
  INCIDENT_UNKNOWN: { retryable: false, next: 'List incidents with `tourniquet incident list`.' },
  INCIDENT_STILL_OPEN: {
    retryable: true,
    next: 'Nothing: the incident goes on. Ask for its result again, or look at it.',
  },
  INCIDENT_ABORTED: {
    retryable: false,
    next: 'The workflow ended without an outcome: look at it in Temporal, then start the incident again.',
  },
  DETECTOR_FAILED: {
    retryable: false,
    next: 'The event was kept; mend the detector, then `tourniquet dead-letter replay` it.',
  },
  DEAD_LETTER_CUT: {
    retryable: false,
    next: 'It was too large to be kept whole, and can only be looked at: the message of that subject and sequence is in its stream for a while (`nats stream get`).',
  },
  DEAD_LETTER_UNKNOWN: { retryable: false, next: 'Name one that `tourniquet dead-letter list` shows.' },
  PROVIDER_UNKNOWN: { retryable: false, next: 'Configure this provider and account in the settings file.' },
  PROVIDER_ADMIN_DENIED: {
    retryable: false,
    next: 'The provider refused our admin credential: renew it, then send retryStep to the incident.',
  },
  PROVIDER_UNAVAILABLE: { retryable: true, next: 'Nothing: it is tried again. Check the provider if it lasts.' },
  PROVIDER_REFUSED: { retryable: false, next: 'Read the cause, mend it at the provider, then send retryStep.' },
  REPLACEMENT_REJECTED: { retryable: true, next: 'Nothing: another value is minted. Check the provider if it lasts.' },
  REPLACEMENT_BY_PERSON: {
    retryable: false,
    next: 'Have another value issued at its provider, give it with `tourniquet credential import`, then send retryStep where an incident waits for it.',
  },
  SESSIONS_REMAIN: { retryable: true, next: 'Nothing: sessions are ended again until none is left.' },
  ACTION_BUDGET_SPENT: {
    retryable: false,
    next: 'So much was revoked by itself that a person must look: is this leak real? It stays refused. Approve it with `tourniquet approve <incident> approveStep`.',
  },
  WAVE_NOT_SEEN: {
    retryable: true,
    next: 'Nothing: the wave has moved and nobody uses it yet. It is asked again, then the next one goes.',
  },
  WAVE_FAILED: {
    retryable: false,
    next: 'Too much use of the new version fails: the wave is sent back. Look at its dependents, then send retryStep.',
  },
  BUILD_UNKNOWN: {
    retryable: false,
    next: 'Start a response worker of this build first; `tourniquet deployment builds` lists those that Temporal knows.',
  },
  NOTHING_TO_APPROVE: {
    retryable: false,
    next: 'The incident waits for nobody, or has ended: look at it before you approve anything.',
  },
  APPROVAL_REFUSED: {
    retryable: false,
    next: 'Nothing was done. Get a new approval with `tourniquet approve` for exactly this, and send it under your own name.',
  },
  STILL_ALIVE: { retryable: true, next: 'Nothing: revoke and verify are tried again; a person is paged if it lasts.' },
  CONTROL_REFUSED: {
    retryable: false,
    next: 'Nothing: the leaked version is dead and its replacement does not work, so another is minted. Look why if it happens again.',
  },
  COULD_NOT_TELL: { retryable: true, next: 'Restore the way to the provider; the proof is tried again.' },
  DEPENDENT_UNKNOWN: { retryable: false, next: 'Configure this kind of dependent, or correct the inventory.' },
  DEPENDENT_UNREACHABLE: { retryable: true, next: 'Start the dependent; the push is tried again.' },
  DEPENDENT_REFUSED: {
    retryable: false,
    next: 'The dependent, or the machine it runs on, does not let us: mend our key, a right, or what the settings say of it, then send retryStep.',
  },
  DEPENDENT_NOT_MOVED: { retryable: true, next: 'Nothing: the dependent is asked again until its deadline.' },
  AUDIENCE_UNKNOWN: {
    retryable: false,
    next: 'Name channels for this audience in the settings file, or take it out of the policy file.',
  },
  NOTIFIER_UNKNOWN: { retryable: false, next: 'Configure this notifier for the audience in the settings file.' },
  NOTIFICATION_FAILED: { retryable: true, next: 'Nothing: it is sent again. Check the channel if it lasts.' },
  SECRET_NOT_FOUND: { retryable: false, next: 'The secret store has no value for this version: mint another.' },
  SECRET_UNREADABLE: {
    retryable: false,
    next: 'What stands there is not what was written: restore the sealing key file of that time, or the value in its store.',
  },
  SECRET_STORE_UNAVAILABLE: {
    retryable: true,
    next: 'Nothing: it is tried again. Check that the secret store is there and what we may do in it if it lasts (`tourniquet doctor` looks).',
  },
  SECRET_ACCESS_DENIED: {
    retryable: false,
    next: 'Give the dependent its own key, or register it for this credential.',
  },
  PAYLOAD_KEY_UNKNOWN: {
    retryable: true,
    next: 'Add the key of this id, with which the payload was encrypted, to the payload key file of this process.',
  },
  PAYLOAD_UNREADABLE: {
    retryable: false,
    next: 'The payload was changed, or the key of this id is another one: restore the payload key file it was written with.',
  },
  CODEC_UNAUTHENTICATED: {
    retryable: false,
    next: 'Send `Authorization: Bearer <content of the codec token file>`, or open a link that `tourniquet codec login` prints.',
  },
  CODEC_LINK_INVALID: {
    retryable: false,
    next: 'A login link works once, for five minutes: have `tourniquet codec login` print another.',
  },
  CODEC_HOST_REFUSED: {
    retryable: false,
    next: 'Ask the codec server by its loopback address, 127.0.0.1 or localhost.',
  },
  CODEC_ORIGIN_REFUSED: {
    retryable: false,
    next: 'Only pages of the Web UI at TOURNIQUET_TEMPORAL_UI_URL may ask: correct that setting, or open the UI there.',
  },
  DENYLIST_CONFLICT: { retryable: true, next: 'Nothing: somebody wrote at the same time, it is tried again.' },
  AUDIT_CHAIN_BROKEN: {
    retryable: false,
    next: 'Treat the audit log as tampered with: keep the database, tell security.',
  },
  CONFIG_INVALID: { retryable: false, next: 'Correct every setting listed and start again.' },
  CLIENT_PARK_TIMEOUT: {
    retryable: true,
    next: 'No replacement came in time: look at the incident of this credential.',
  },
  UNAUTHENTICATED: {
    retryable: false,
    next: 'Send `Authorization: Bearer <key>` with a key that `tourniquet api-key create` printed.',
  },
  ROLE_INSUFFICIENT: { retryable: false, next: 'Use a key whose role allows this: see docs/operations.md.' },
  API_KEY_LEAKED: {
    retryable: false,
    next: 'Revoke it (`tourniquet api-key revoke NAME`) or make a new one of that name (`api-key create`, after it), and look in the audit log for what was asked with it.',
  },
  LEAK_REPORTS_WAIT: {
    retryable: true,
    next: 'Look at `leak_reports` for what waits; start the incidents that can not wait, or raise `maxReportsPerHour` in the leak feeds file.',
  },
  FEED_UNVERIFIED: {
    retryable: false,
    next: 'Sign the raw body as the scanner documents it, with the key or token that the leak feeds file names, and a clock that is right.',
  },
  FEED_REPLAYED: {
    retryable: false,
    next: 'Nothing: the same was taken before. A scanner that has found something anew says so in another request.',
  },
  RATE_LIMITED: { retryable: true, next: 'Wait as long as Retry-After says, and use a key that is known.' },
  REQUEST_INVALID: { retryable: false, next: 'Correct every fault listed and send it again; nothing was done.' },
  IDEMPOTENCY_KEY_REUSED: {
    retryable: false,
    next: 'This Idempotency-Key came with another request before: take a new key for a new request.',
  },
  ROUTE_UNKNOWN: { retryable: false, next: 'Look the address up in /v1/openapi.json.' },
  BACKEND_UNAVAILABLE: {
    retryable: true,
    next: 'Send it again: Temporal, NATS, the database or the API is away. Repeating is harmless.',
  },
  API_KEY_EXISTS: { retryable: false, next: 'Take another name, or revoke the key of this name first.' },
  API_KEY_UNKNOWN: { retryable: false, next: 'Name a key that `tourniquet api-key list` shows.' },
  CREDENTIAL_PROTECTED: {
    retryable: false,
    next: 'Simulate with another one: people need this credential to mend things with.',
  },
  RECORDING_UNREADABLE: {
    retryable: false,
    next: 'Name files that are there and may be read, with records of the source: JSON lines, a JSON array, or {"Records":[…]}, plain or gzipped.',
  },
  RECORDING_OF_ANOTHER_SOURCE: {
    retryable: false,
    next: 'Not one record is what this source writes: name the right one with --source, or mend what the fault says.',
  },
  SCAN_PLACE_UNREADABLE: {
    retryable: false,
    next: 'Name a file or folder that is there, is whole and may be read by you; all other places are searched.',
  },
  SERIES_UNREADABLE: {
    retryable: false,
    next: 'Give CSV of timestamp,value: ISO 8601, YYYY-MM-DD HH:MM:SS or seconds since the epoch, and a number.',
  },
  RECORDING_TOO_LARGE: {
    retryable: false,
    next: 'It is out of order or a pipe, and too large to be held: give it as a file that is sorted by time, or in parts.',
  },
  SIGMA_RULE_REFUSED: {
    retryable: false,
    next: 'Correct the rule or take it out of the rules folder; every other rule is loaded.',
  },
  INTEL_LIST_UNREACHABLE: {
    retryable: true,
    next: 'Nothing: the last good list stays in force until it runs out. Look at the address and its password if it lasts.',
  },
  INTEL_LIST_UNREADABLE: {
    retryable: false,
    next: 'The last good list stays in force until it runs out. Look at what is published with `tourniquet intel check`, and at its format: in the settings file, or named with `--format` there.',
  },
  INTEL_LIST_MISSING: {
    retryable: false,
    next: 'Nothing: the lists before it stay in force, and the next refresh puts new ones in force (`tourniquet intel refresh`).',
  },
  CONFIRMATION_NEEDED: {
    retryable: false,
    next: 'This replaces and revokes the credential for real and moves its dependents. Say --yes if that is meant.',
  },
  GATEWAY_STALE: {
    retryable: true,
    next: 'Nothing: the gateway asks every second whether it is back. Restore its way to NATS, or to the API, if it lasts.',
  },
  GATEWAY_MISSING: {
    retryable: false,
    next: 'Start the gateway again or restore its way to NATS; if it was taken away for good, delete its key from the bucket `gateways`.',
  },
  DENYLIST_STALE: {
    retryable: true,
    next: 'Ask again, or another API: this one lost NATS and can not vouch for the denylist.',
  },
  SNAPSHOT_UNREADABLE: {
    retryable: false,
    next: 'Nothing if NATS is there: it is written anew. Find out what damaged the file; until then a restart without NATS knows no refusals.',
  },
  INTERNAL: { retryable: true, next: 'Look at the cause in the log of the worker; please report it.' },
} as const satisfies Record<string, { retryable: boolean; next: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** Facts beside an error message. Never a secret: only ids, counts, states and subjects. */
export type ErrorFields = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** All codes, for the documentation check. */
export const ERROR_CODES = Object.keys(ERRORS) as readonly ErrorCode[];

/** What a person should do about `code`. */
export function nextStep(code: ErrorCode): string {
  return ERRORS[code].next;
}

/** Whether trying again can help. */
export function isRetryable(code: ErrorCode): boolean {
  return ERRORS[code].retryable;
}

export function isErrorCode(text: unknown): text is ErrorCode {
  return typeof text === 'string' && Object.hasOwn(ERRORS, text);
}

/** The one error our own code throws: a stable code, the facts, and what to do next in its message. */
export class IncidentError extends Error {
  override readonly name = 'IncidentError';

  constructor(
    readonly code: ErrorCode,
    readonly fields: ErrorFields = {},
    options: { cause?: unknown } = {},
  ) {
    super(describeError(code, fields), options);
  }
}

function describeError(code: ErrorCode, fields: ErrorFields): string {
  const facts = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(',') : String(value)}`)
    .join(' ');
  return `${code}${facts ? ` (${facts})` : ''}: ${ERRORS[code].next}`;
}
