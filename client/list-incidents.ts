import { createHash } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { decodeTypedSearchAttributes } from '@temporalio/common/lib/converter/payload-search-attributes';
import { z } from 'zod';
import { IncidentError } from '../domain/errors';
import { STAGES } from '../domain/incident';
import { SEVERITIES } from '../domain/severity';
import { SEARCH_ATTRIBUTES } from '../workflows/messages';

/** As Temporal spells them; lower case, since they stand in our JSON. */
export const RUN_STATES = ['running', 'completed', 'failed', 'canceled', 'terminated', 'timed-out', 'unknown'] as const;

export const incidentSummary = z.object({
  id: z.string(),
  runId: z.string(),
  /** Of the workflow: one that is neither running nor completed ended without an outcome. */
  status: z.enum(RUN_STATES),
  credential: z.string(),
  provider: z.string(),
  ownerTeam: z.string(),
  severity: z.string(),
  stage: z.string(),
  startedAt: z.iso.datetime(),
  closedAt: z.iso.datetime().nullable(),
});

export const incidentPage = z.object({
  incidents: z.array(incidentSummary),
  /** Ask for the next page with it; null at the last one. */
  next: z.string().nullable(),
});

/** No quotes, backslashes or control characters: these values go into a query. */
const quotable = z.string().regex(/^[^"'\\\p{Cc}]{1,128}$/u, 'holds characters that no such name has');

export const incidentFilter = z.strictObject({
  stage: z.enum(STAGES).optional(),
  severity: z.enum(SEVERITIES).optional(),
  ownerTeam: quotable.optional(),
  credential: quotable.optional(),
  pageSize: z.coerce.number().int().min(1).max(100).optional(),
  /** `next` of the page before. */
  page: z.string().max(4096).optional(),
});

export type IncidentSummary = z.infer<typeof incidentSummary>;
export type IncidentPage = z.infer<typeof incidentPage>;
export type IncidentFilter = z.infer<typeof incidentFilter>;

const PAGE_SIZE = 50;
/** temporal.api.enums.v1.WorkflowExecutionStatus; a run that was continued as new goes on. */
const STATES_BY_NUMBER: readonly (typeof RUN_STATES)[number][] = [
  'unknown',
  'running',
  'completed',
  'failed',
  'canceled',
  'terminated',
  'running',
  'timed-out',
];
/** Bytes of a page mark that say which query it belongs to. */
const QUERY_MARK = 8;

/** One page of incidents, newest first. @throws IncidentError REQUEST_INVALID for a filter or page that can't be read. */
export async function listIncidents(client: Client, filter: IncidentFilter = {}): Promise<IncidentPage> {
  const parsed = incidentFilter.safeParse(filter);
  if (!parsed.success)
    throw new IncidentError('REQUEST_INVALID', {
      faults: parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
    });
  const { page, pageSize = PAGE_SIZE } = parsed.data;
  const query = visibilityQuery(parsed.data);
  const mark = createHash('sha256').update(query, 'utf8').digest().subarray(0, QUERY_MARK);
  const answer = await client.workflowService.listWorkflowExecutions({
    namespace: client.options.namespace,
    query,
    pageSize,
    ...(page === undefined ? {} : { nextPageToken: pageToken(page, mark) }),
  });
  const token = Buffer.from(answer.nextPageToken ?? []);
  return {
    incidents: answer.executions.map(summarize),
    next: token.length === 0 ? null : Buffer.concat([mark, token]).toString('base64url'),
  };
}

/** Temporal answers to a strange token, or to that of another query, with anything but a clear refusal; so it is checked here. */
function pageToken(page: string, mark: Buffer): Buffer {
  const bytes = Buffer.from(page, 'base64url');
  if (bytes.length <= QUERY_MARK || !bytes.subarray(0, QUERY_MARK).equals(mark))
    throw new IncidentError('REQUEST_INVALID', { faults: ['page: was not given out for this filter'] });
  return bytes.subarray(QUERY_MARK);
}

function visibilityQuery({ stage, severity, ownerTeam, credential }: IncidentFilter): string {
  const demands: readonly (readonly [string, string | undefined])[] = [
    [SEARCH_ATTRIBUTES.stage.name, stage],
    [SEARCH_ATTRIBUTES.severity.name, severity],
    [SEARCH_ATTRIBUTES.ownerTeam.name, ownerTeam],
    [SEARCH_ATTRIBUTES.credential.name, credential],
  ];
  const wanted = demands.flatMap(([name, value]) => (value === undefined ? [] : [`${name} = '${value}'`]));
  return [`WorkflowType = 'respondToLeak'`, ...wanted].join(' AND ');
}

type RawExecution = Awaited<ReturnType<Client['workflowService']['listWorkflowExecutions']>>['executions'][number];

function summarize(raw: RawExecution): IncidentSummary {
  // Search attributes are never encoded: the server itself searches by them.
  const attributes = decodeTypedSearchAttributes(raw.searchAttributes?.indexedFields);
  return {
    id: raw.execution?.workflowId ?? '',
    runId: raw.execution?.runId ?? '',
    status: STATES_BY_NUMBER[raw.status ?? 0] ?? 'unknown',
    credential: attributes.get(SEARCH_ATTRIBUTES.credential) ?? '',
    provider: attributes.get(SEARCH_ATTRIBUTES.provider) ?? '',
    ownerTeam: attributes.get(SEARCH_ATTRIBUTES.ownerTeam) ?? '',
    severity: attributes.get(SEARCH_ATTRIBUTES.severity) ?? '',
    stage: attributes.get(SEARCH_ATTRIBUTES.stage) ?? '',
    startedAt: isoOf(raw.startTime) ?? new Date(0).toISOString(),
    closedAt: isoOf(raw.closeTime),
  };
}

function isoOf(time: RawExecution['startTime']): string | null {
  return time ? new Date(Number(time.seconds ?? 0) * 1000 + Math.floor((time.nanos ?? 0) / 1e6)).toISOString() : null;
}
