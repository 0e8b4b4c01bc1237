import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import type { ApiCaller } from '../activities/store/api-keys';
import type { StoredAnswer } from '../activities/store/request-log';
import { incident, startIncident } from '../client';
import { incidentFilter, listIncidents } from '../client/list-incidents';
import { incidentId } from '../domain/credential';
import { IncidentError } from '../domain/errors';
import type { Inventory } from '../domain/ports/stores';
import { SEVERITIES } from '../domain/severity';
import { newestLive } from '../domain/version-order';
import { askTemporal } from './ask-temporal';
import { callerOf, onlyFor } from './authenticate';
import { problemBody } from './problem';
import { InvalidRequest, openText, readRequest } from './read-request';
import type { ApiParts } from './server';

export const startBody = z.strictObject({
  credential: z.string().min(1).max(128),
  /** By default the newest live one. */
  version: z.number().int().positive().max(1_000_000).optional(),
  severity: z.enum(SEVERITIES).default('high'),
  /** How it is known; people read it. */
  reason: openText(500),
});

export const incidentParams = z.object({
  credential: z.string().min(1).max(128),
  version: z.coerce.number().int().positive(),
});

const idempotencyKey = z.object({
  'Idempotency-Key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/)
    .optional(),
});

type Start = z.infer<typeof startBody>;
type Parts = Pick<ApiParts, 'inventory' | 'temporal' | 'taskQueue' | 'policy' | 'requests' | 'log'>;

/** Start, list and read incidents. */
export function installIncidentRoutes(app: FastifyInstance, parts: Parts): void {
  app.post('/v1/incidents', { onRequest: onlyFor('responder') }, async (request, reply) => {
    const body = readRequest(startBody, request.body);
    const { 'Idempotency-Key': key } = readRequest(idempotencyKey, {
      'Idempotency-Key': request.headers['idempotency-key'],
    });
    const caller = callerOf(request);
    const answer =
      key === undefined ? await startOnce(parts, caller, body) : await startKeyed(parts, caller, body, key);
    return send(reply, answer);
  });

  app.get('/v1/incidents', { onRequest: onlyFor('viewer') }, async (request) => {
    const filter = readRequest(incidentFilter, request.query);
    try {
      return await askTemporal(parts.temporal, () => listIncidents(parts.temporal, filter));
    } catch (error) {
      if (error instanceof IncidentError && error.code === 'REQUEST_INVALID')
        throw new InvalidRequest([{ field: 'page', fault: 'was not given out for this filter' }]);
      throw error;
    }
  });

  app.get('/v1/incidents/:credential/:version', { onRequest: onlyFor('viewer') }, async (request) => {
    const { credential, version } = readRequest(incidentParams, request.params);
    const id = incidentId(credential, version);
    const [view, status] = await askTemporal(parts.temporal, async () => [
      await incident(parts.temporal, id).state(),
      (await parts.temporal.workflow.getHandle(id).describe()).status.name,
    ]);
    return { id, status: status.toLowerCase().replace('_', '-'), ...view };
  });
}

async function startOnce(parts: Parts, caller: ApiCaller, body: Start): Promise<StoredAnswer> {
  return start(parts, caller, body, await chooseVersion(parts.inventory, body));
}

/**
 * Which version a request is about is written down before it is started: after the rotation "the newest live one" is another, and
 * a repeated request must not start a response to that.
 */
async function startKeyed(parts: Parts, caller: ApiCaller, body: Start, key: string): Promise<StoredAnswer> {
  const hash = sha256(JSON.stringify(body));
  const request = { caller: caller.name, key, hash };
  const begun = await parts.requests.begin(request, async () => String(await chooseVersion(parts.inventory, body)));
  if (begun.answer) return begun.answer;
  const requestId = sha256(`${caller.name}\n${key}\n${hash}`);
  return parts.requests.finish(request, await start(parts, caller, body, Number(begun.target), requestId));
}

async function start(
  { inventory, temporal, taskQueue, policy, log }: Parts,
  caller: ApiCaller,
  body: Start,
  version: number,
  requestId?: string,
): Promise<StoredAnswer> {
  const id = incidentId(body.credential, version);
  const { provider, ownerTeam } = await inventory.credential(body.credential);
  const { state, provenDead } = await inventory.version(body.credential, version);
  try {
    await askTemporal(temporal, async () => {
      if (provenDead || state === 'discarded') await refuseDead(() => incident(temporal, id).state(), id);
      await startIncident(temporal, {
        credentialId: body.credential,
        version,
        severity: body.severity,
        reason: body.reason,
        startedBy: caller.name,
        about: { provider, ownerTeam },
        taskQueue,
        policy,
        ...(requestId === undefined ? {} : { requestId }),
      });
    });
  } catch (error) {
    if (!(error instanceof IncidentError) || (error.code !== 'INCIDENT_EXISTS' && error.code !== 'VERSION_NOT_LIVE'))
      throw error;
    const facts = error.code === 'INCIDENT_EXISTS' ? { incident: id } : {};
    return { status: 409, body: JSON.stringify(problemBody(error.code, facts)) };
  }
  log.info({ caller: caller.name, incident: id, severity: body.severity }, 'incident started');
  const answer = { id, credential: body.credential, version, severity: body.severity };
  return { status: 202, body: JSON.stringify(answer) };
}

/** A dead version needs no response; when one was made, the caller is told where. */
async function refuseDead(look: () => Promise<unknown>, id: string): Promise<never> {
  await look().catch((error: unknown) => {
    const unknown = error instanceof IncidentError && error.code === 'INCIDENT_UNKNOWN';
    throw unknown ? new IncidentError('VERSION_NOT_LIVE', { incident: id }) : error;
  });
  throw new IncidentError('INCIDENT_EXISTS', { incident: id });
}

/** The one named, or the newest live one, or the newest that was not thrown away. @throws IncidentError CREDENTIAL_UNKNOWN, VERSION_UNKNOWN */
async function chooseVersion(inventory: Inventory, { credential, version }: Start): Promise<number> {
  await inventory.credential(credential);
  if (version !== undefined) return (await inventory.version(credential, version)).version;
  const versions = await inventory.versions(credential);
  const chosen = newestLive(versions) ?? versions.findLast(({ state }) => state !== 'discarded');
  if (!chosen) throw new IncidentError('VERSION_UNKNOWN', { credential });
  return chosen.version;
}

function send(reply: FastifyReply, { status, body }: StoredAnswer): FastifyReply {
  if (status !== 202) return reply.code(status).type('application/problem+json').send(body);
  const { credential, version } = JSON.parse(body) as { credential: string; version: number };
  return reply
    .code(status)
    .header('location', `/v1/incidents/${encodeURIComponent(credential)}/${version}`)
    .type('application/json')
    .send(body);
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
