import { z } from 'zod';
import { incidentFilter, incidentPage } from '../client/list-incidents';
import type { ApiRole } from '../domain/api-role';
import { registrationBody } from '../domain/credential-description';
import { denylistAnswer } from '../domain/denylist-answer';
import { approvalAnswer, approvalBody } from './approval-routes';
import type { LeakFeed } from './leak-feeds/feed';
import { updateAnswer, updateBody } from './update-routes';
import { incidentParams, startBody } from './incident-routes';
import { credentialParams, registeredAnswer } from './credential-routes';
import { movedBody, movedParams } from './moved-routes';
import { leakReportBody } from './leak-report-routes';
import { secretParams, secretQuery } from './secret-routes';
import { tokenAnswer, tokenError, tokenRequest } from './token-request';
import { usageRequest } from './usage-routes';

interface RouteDescription {
  readonly method: 'get' | 'post' | 'put';
  /** As OpenAPI writes it: `{name}` where Fastify has `:name`. */
  readonly path: string;
  readonly summary: string;
  /** The least role; none for what is open to all. */
  readonly role?: ApiRole;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType;
  /** What is sent as a form, as OAuth 2.0 wants it; its 400 is OAuth's, too. */
  readonly form?: z.ZodType;
  readonly answer: readonly [status: number, description: string, schema?: z.ZodType];
  readonly problems: readonly number[];
}

const started = z.object({
  id: z.string(),
  credential: z.string(),
  version: z.number().int(),
  severity: z.string(),
});
const incidentState = z.looseObject({ id: z.string(), status: z.string(), incident: z.looseObject({}) });
const problemShape = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string(),
  incident: z.string().optional(),
  faults: z.array(z.object({ index: z.number().int().optional(), field: z.string(), fault: z.string() })).optional(),
});

/** Every route there is but for those of leak feeds; a test compares it with what the server answers to, both ways. */
export const ROUTES: readonly RouteDescription[] = [
  {
    method: 'get',
    path: '/healthz',
    summary: 'Whether the process is up',
    answer: [200, 'It is'],
    problems: [],
  },
  {
    method: 'get',
    path: '/v1/openapi.json',
    summary: 'This description',
    answer: [200, 'OpenAPI 3.1'],
    problems: [],
  },
  {
    method: 'put',
    path: '/v1/credentials/{id}',
    summary:
      'Register a credential, or describe one anew; its first version as others have issued it, or minted. Repeating it is harmless, and needed to hear more of one that takes longer than 20 seconds',
    role: 'admin',
    params: credentialParams,
    body: registrationBody,
    answer: [200, 'It is registered', registeredAnswer],
    problems: [400, 401, 403, 404, 409, 422, 429, 503],
  },
  {
    method: 'get',
    path: '/v1/credentials/{id}/secret',
    summary: 'The value a dependent may use now; only for credentials it is registered for',
    role: 'dependent',
    params: secretParams,
    query: secretQuery,
    answer: [200, 'The value; no cache may keep it'],
    problems: [400, 401, 403, 404, 429, 503],
  },
  {
    method: 'post',
    path: '/v1/credentials/{id}/dependents/{dependent}/moved',
    summary: 'Say that a dependent of kind manual uses another version now; the actor is whose key it is',
    role: 'responder',
    params: movedParams,
    body: movedBody,
    answer: [200, 'It is on record', z.object({ dependent: z.string(), version: z.number().int() })],
    problems: [400, 401, 403, 404, 409, 429, 503],
  },
  {
    method: 'post',
    path: '/v1/incidents',
    summary: 'Respond to a leak you know of. With an Idempotency-Key, the same key and body get the same answer',
    role: 'responder',
    headers: z.object({ 'Idempotency-Key': z.string().optional() }),
    body: startBody,
    answer: [202, 'The response has begun; Location names it', started],
    problems: [400, 401, 403, 404, 409, 422, 429, 503],
  },
  {
    method: 'get',
    path: '/v1/incidents',
    summary: 'Incidents, newest first, a page at a time',
    role: 'viewer',
    query: incidentFilter,
    answer: [200, 'A page', incidentPage],
    problems: [400, 401, 403, 429, 503],
  },
  {
    method: 'get',
    path: '/v1/incidents/{credential}/{version}',
    summary: 'One incident: its state, plan and timeline',
    role: 'viewer',
    params: incidentParams,
    answer: [200, 'The incident', incidentState],
    problems: [400, 401, 403, 404, 429, 503],
  },
  {
    method: 'post',
    path: '/v1/incidents/{credential}/{version}/approvals',
    summary:
      'A signed, single-use approval of what loosens, for whoever asks: the payload of an update to this incident',
    role: 'approver',
    params: incidentParams,
    body: approvalBody,
    answer: [201, 'What to send, within ten minutes', approvalAnswer],
    problems: [400, 401, 403, 404, 409, 429, 503],
  },
  {
    method: 'post',
    path: '/v1/incidents/{credential}/{version}/updates',
    summary:
      'Acknowledge, note, answer or steer an incident, as from the Temporal Web UI; the actor is whose key it is',
    role: 'responder',
    params: incidentParams,
    body: updateBody,
    answer: [200, 'What the incident said', updateAnswer],
    problems: [400, 401, 403, 404, 429, 503],
  },
  {
    method: 'post',
    path: '/v1/usage',
    summary:
      'Hand in usage events, or records of another system as it writes them: all are taken, or none and every fault is named. Repeating is harmless',
    role: 'reporter',
    body: usageRequest,
    answer: [
      202,
      'All are stored; of records, those that are no use of a credential are ignored',
      z.object({ accepted: z.number().int(), ignored: z.number().int().optional() }),
    ],
    problems: [400, 401, 403, 413, 429, 503],
  },
  {
    method: 'post',
    path: '/v1/leak-reports',
    summary:
      'State that a value is exposed, by its subject or by the value. The answer does not tell whether it is one of ours',
    role: 'responder',
    body: leakReportBody,
    answer: [202, 'It is kept and acted on', z.object({ id: z.string(), status: z.literal('received') })],
    problems: [400, 401, 403, 413, 429, 503],
  },
  {
    method: 'post',
    path: '/v1/token',
    summary:
      'Derive a token from one that is held, with no more scopes, for an hour at most: OAuth 2.0 Token Exchange (RFC 8693). It is refused as soon as that one is',
    form: tokenRequest,
    answer: [200, 'The token, which is shown this once', tokenAnswer],
    problems: [400, 413, 415, 429, 503],
  },
  {
    method: 'get',
    path: '/v1/denylist',
    summary: 'Every refusal, for gateways that lost NATS. With If-None-Match, 304 when nothing changed',
    role: 'gateway',
    headers: z.object({ 'If-None-Match': z.string().optional() }),
    answer: [200, 'All that is refused now; ETag names this state', denylistAnswer],
    problems: [401, 403, 429, 503],
  },
];

/** What scanners push: only what is configured is there. */
function feedRoute({ id, proofHeaders }: LeakFeed): RouteDescription {
  return {
    method: 'post',
    path: `/v1/leak-feeds/${id}`,
    summary: `What ${id} found, as it sends it. Instead of a key it has its signature, over the body to the byte`,
    headers: z.object(Object.fromEntries(proofHeaders.map((name) => [name, z.string()]))),
    body: z.unknown(),
    answer: [200, 'All findings of ours are kept and acted on'],
    problems: [400, 401, 409, 413, 429, 503],
  };
}

/** The description of the API, made from the schemas the routes read by. */
export function openApiDocument(feeds: readonly LeakFeed[] = []): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of [...ROUTES, ...feeds.map(feedRoute)])
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tourniquet',
      version: '1',
      description: 'Errors are RFC 9457 problems whose `code` is stable; docs/errors.md lists them.',
    },
    paths,
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: schemaOf(problemShape, 'output') },
    },
  };
}

function operation(route: RouteDescription): Record<string, unknown> {
  const [status, description, schema] = route.answer;
  const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  const content = schema ? { content: { 'application/json': { schema: schemaOf(schema, 'output') } } } : {};
  const oauthError = { 'application/json': { schema: schemaOf(tokenError, 'output') } };
  const problems = route.problems.map((code) =>
    route.form && code === 400
      ? [code, { description: 'RFC 6749, section 5.2', content: oauthError }]
      : [code, { description: `See \`code\``, content: problem }],
  );
  const parameters = [
    ...parametersOf('path', route.params),
    ...parametersOf('query', route.query),
    ...parametersOf('header', route.headers),
  ];
  return {
    summary: route.summary,
    ...(route.role ? { security: [{ key: [] }], 'x-role': route.role } : { security: [] }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...requestBody('application/json', route.body),
    ...requestBody('application/x-www-form-urlencoded', route.form),
    responses: { [status]: { description, ...content }, ...Object.fromEntries(problems) },
  };
}

function requestBody(mediaType: string, schema: z.ZodType | undefined) {
  return schema
    ? { requestBody: { required: true, content: { [mediaType]: { schema: schemaOf(schema, 'input') } } } }
    : {};
}

function parametersOf(place: 'path' | 'query' | 'header', schema: z.ZodObject | undefined) {
  if (!schema) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'output') as {
    properties?: Record<string, unknown>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, one]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: one,
  }));
}

/** A subject is checked by code and shows as a text. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output'): unknown {
  const made = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema._zod.def.type === 'custom') jsonSchema.type = 'string';
    },
  });
  delete made.$schema;
  return made;
}
