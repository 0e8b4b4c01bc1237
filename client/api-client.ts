import { setTimeout as sleep } from 'node:timers/promises';
import { fetch } from 'undici';
import { z } from 'zod';
import type { ApprovedAction } from '../domain/approval';
import { parseIncidentId } from '../domain/credential';
import { IncidentError, isErrorCode } from '../domain/errors';
import {
  registeredCredential,
  type RegisteredCredential,
  type RegistrationRequest,
} from '../domain/credential-description';
import type { Severity } from '../domain/severity';
import type { Subject } from '../domain/subject';
import type { UsageEvent } from '../domain/usage-event';
import type { IncidentView } from '../workflows/messages';
import type { IncidentHandle } from './incident-handle';
import { incidentPage, RUN_STATES, type IncidentFilter, type IncidentPage } from './list-incidents';

export interface ApiIncidentRequest {
  readonly credentialId: string;
  /** By default the newest live one. */
  readonly version?: number;
  readonly severity?: Severity;
  /** Why it is known to be leaked; people read it. */
  readonly reason: string;
  /** The same for every try of one request: a repeated one gets the same answer. */
  readonly idempotencyKey?: string;
}

/** By its subject, or by the value itself: it is fingerprinted at the API and kept nowhere. */
export type LeakReportRequest = {
  readonly source: string;
  /** A scanner's name of the kind of secret. */
  readonly type?: string;
  readonly severity?: Severity;
} & ({ readonly subject: Subject } | { readonly token: string });

export interface ApprovalRequest {
  readonly action: ApprovedAction;
  /** Why; audited. */
  readonly note: string;
  /** Of `extendOverlap`. */
  readonly seconds?: number;
  /** Of `lowerSeverity`. */
  readonly severity?: Severity;
}

/** An approval, as the update that it is for wants it. It works once, for ten minutes. */
export interface IssuedApproval {
  readonly update: string;
  readonly payload: UpdatePayload;
  readonly expiresAt: string;
}

export interface UpdatePayload {
  readonly note: string;
  readonly approval?: string;
  readonly [field: string]: unknown;
}

/** What programs without access to Temporal can do, by the HTTP API. Every method throws IncidentError with the API's own codes. */
export interface ApiClient {
  startIncident(request: ApiIncidentRequest): Promise<IncidentHandle>;
  incident(id: string): IncidentHandle;
  listIncidents(filter?: IncidentFilter): Promise<IncidentPage>;
  /** Gets an approval of what loosens, in the name of this client's key: what to send as an update. */
  approve(id: string, request: ApprovalRequest): Promise<IssuedApproval>;
  /** Sends an update; resolves to what the incident said. */
  update(id: string, update: string, payload: UpdatePayload): Promise<string>;
  /** All or none. Repeating it is harmless: events are known by their ids. */
  reportUsage(events: readonly Omit<UsageEvent, 'probe'>[]): Promise<void>;
  /** Says that a dependent of kind `manual` uses another version now, and how that is known. */
  movedByHand(credentialId: string, dependentId: string, word: { version: number; note: string }): Promise<void>;
  /**
   * Registers a credential, or describes one anew. With a `version`, that is the one in use, which others have issued; else its provider mints one. Waits until it has been seen to
   * work, two minutes at most. Repeating it is harmless. @throws IncidentError CREDENTIAL_DIFFERS, ADOPTION_REFUSED, REGISTRATION_RUNNING and what providers throw
   */
  registerCredential(credentialId: string, request: RegistrationRequest): Promise<RegisteredCredential>;
  /** Whether the value is one of ours is not told. */
  reportLeak(report: LeakReportRequest): Promise<void>;
}

export interface ApiClientOptions {
  readonly url: string;
  readonly key: string;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;
/** Often enough to feel live, seldom enough for many who wait. */
const POLL_MS = 500;
/** Longer than the API waits for a registration. */
const REGISTER_TIMEOUT_MS = 30_000;
const REGISTER_WITHIN_MS = 120_000;

const problem = z.object({
  code: z.string(),
  incident: z.string().optional(),
  faults: z.array(z.object({ index: z.number().optional(), field: z.string(), fault: z.string() })).optional(),
});
const started = z.object({ id: z.string() });
const answered = z.object({ answer: z.string() });
const issued = z.object({
  update: z.string(),
  payload: z.looseObject({ actor: z.string(), note: z.string(), approval: z.string() }),
  expiresAt: z.string(),
});
/** What this client itself relies on; the rest is the server's own view, passed on. */
const stateAnswer = z.looseObject({
  id: z.string(),
  status: z.enum(RUN_STATES),
  credentialId: z.string(),
  version: z.number().int(),
  incident: z.looseObject({
    stage: z.string(),
    timeline: z.array(z.looseObject({ at: z.number(), note: z.string() })),
  }),
});

/** A client of the HTTP API. */
export function createApiClient(options: ApiClientOptions): ApiClient {
  const call = caller(options);
  const patiently = caller({ ...options, timeoutMs: REGISTER_TIMEOUT_MS });
  return {
    incident: (id) => handleOf(call, id),
    async startIncident({ credentialId, idempotencyKey, ...rest }) {
      const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey };
      const answer = await call('POST', '/v1/incidents', { credential: credentialId, ...rest }, headers);
      return handleOf(call, understand(started, answer).id);
    },
    async listIncidents(filter = {}) {
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, String(value));
      return understand(incidentPage, await call('GET', `/v1/incidents?${query.toString()}`));
    },
    async approve(id, request) {
      return understand(issued, await call('POST', `${pathOf(id)}/approvals`, request));
    },
    async update(id, update, { actor: _key, ...payload }) {
      return understand(answered, await call('POST', `${pathOf(id)}/updates`, { update, ...payload })).answer;
    },
    async reportUsage(events) {
      await call('POST', '/v1/usage', { events });
    },
    async movedByHand(credentialId, dependentId, word) {
      const [id, dependent] = [credentialId, dependentId].map(encodeURIComponent);
      await call('POST', `/v1/credentials/${id}/dependents/${dependent}/moved`, word);
    },
    async registerCredential(credentialId, request) {
      const path = `/v1/credentials/${encodeURIComponent(credentialId)}`;
      for (const until = Date.now() + REGISTER_WITHIN_MS; ; await sleep(POLL_MS)) {
        try {
          return understand(registeredCredential, await patiently('PUT', path, request));
        } catch (error) {
          const isRunning = error instanceof IncidentError && error.code === 'REGISTRATION_RUNNING';
          if (!isRunning || Date.now() > until) throw error;
        }
      }
    },
    async reportLeak(report) {
      await call('POST', '/v1/leak-reports', report);
    },
  };
}

type Call = (
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<unknown>;

function caller({ url, key, timeoutMs = TIMEOUT_MS }: ApiClientOptions): Call {
  return async (method, path, body, headers = {}) => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      throw new IncidentError('BACKEND_UNAVAILABLE', { backend: 'api' }, { cause });
    });
    const answer: unknown = await response.json().catch(() => undefined);
    if (!response.ok) throw toError(response.status, answer);
    return answer;
  };
}

function handleOf(call: Call, id: string): IncidentHandle {
  const read = async (): Promise<z.infer<typeof stateAnswer>> => {
    return understand(stateAnswer, await call('GET', pathOf(id)));
  };
  const state = async (): Promise<IncidentView> => viewOf(await read());
  return {
    id,
    state,
    timeline: async () => (await state()).incident.timeline,
    async result({ timeoutMs } = {}) {
      const deadline = timeoutMs === undefined ? Infinity : Date.now() + timeoutMs;
      for (;;) {
        const answer = await read();
        const view = viewOf(answer);
        const { outcome } = view.incident;
        if (outcome !== undefined && answer.status === 'completed') return { outcome, view };
        if (answer.status !== 'running') throw new IncidentError('INCIDENT_ABORTED', { incident: id });
        const left = deadline - Date.now();
        if (left <= 0) throw new IncidentError('INCIDENT_STILL_OPEN', { incident: id, timeoutMs });
        await sleep(Math.min(POLL_MS, left));
      }
    },
  };
}

function pathOf(id: string): string {
  const parsed = parseIncidentId(id);
  if (!parsed) throw new IncidentError('INCIDENT_UNKNOWN', { incident: id });
  return `/v1/incidents/${encodeURIComponent(parsed.credentialId)}/${parsed.version}`;
}

function viewOf({ id: _id, status: _status, ...view }: z.infer<typeof stateAnswer>): IncidentView {
  return view as unknown as IncidentView;
}

function toError(status: number, answer: unknown): IncidentError {
  const parsed = problem.safeParse(answer);
  if (!parsed.success || !isErrorCode(parsed.data.code))
    return new IncidentError('BACKEND_UNAVAILABLE', { backend: 'api', status });
  const { code, incident, faults } = parsed.data;
  const texts = faults?.map(({ index, field, fault }) =>
    [index, field, fault].filter((one) => one !== undefined).join(' '),
  );
  return new IncidentError(code, { incident, faults: texts });
}

function understand<S extends z.ZodType>(schema: S, answer: unknown): z.output<S> {
  const parsed = schema.safeParse(answer);
  if (!parsed.success)
    throw new IncidentError('BACKEND_UNAVAILABLE', { backend: 'api', reason: 'it answered otherwise' });
  return parsed.data;
}
