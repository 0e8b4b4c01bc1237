import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { LONGEST_EXTENSION_SECONDS, MAX_APPROVAL_LENGTH } from '../domain/approval';
import { incidentId } from '../domain/credential';
import { IncidentError, isErrorCode } from '../domain/errors';
import { SEVERITIES } from '../domain/severity';
import { askTemporal } from './ask-temporal';
import { callerOf, onlyFor } from './authenticate';
import { incidentParams } from './incident-routes';
import { InvalidRequest, openText, readRequest } from './read-request';
import type { ApiParts } from './server';

const note = openText(500);
/** Of the question that is answered; one that is open no more is not. */
const question = z.number().int().positive().optional();
const approval = z.string().min(1).max(MAX_APPROVAL_LENGTH);

/** As the workflow takes them, but that the actor is whoever's key it is. */
export const updateBody = z.discriminatedUnion('update', [
  z.strictObject({ update: z.enum(['acknowledge', 'addNote']), note }),
  z.strictObject({ update: z.enum(['retryStep', 'rejectStep']), note, question }),
  z.strictObject({ update: z.literal('approveStep'), note, question, approval: approval.optional() }),
  z.strictObject({ update: z.literal('raiseSeverity'), note, severity: z.enum(SEVERITIES) }),
  z.strictObject({ update: z.enum(['skipStep', 'markFalsePositive']), note, approval }),
  z.strictObject({ update: z.literal('lowerSeverity'), note, severity: z.enum(SEVERITIES), approval }),
  z.strictObject({
    update: z.literal('extendOverlap'),
    note,
    seconds: z.number().int().min(1).max(LONGEST_EXTENSION_SECONDS),
    approval,
  }),
]);

export const updateAnswer = z.object({ answer: z.string() });

/** Everything a person can send to an incident, for those without access to Temporal. */
export function installUpdateRoutes(app: FastifyInstance, { temporal, log }: Pick<ApiParts, 'temporal' | 'log'>): void {
  app.post('/v1/incidents/:credential/:version/updates', { onRequest: onlyFor('responder') }, async (request) => {
    const { credential, version } = readRequest(incidentParams, request.params);
    const { update, ...rest } = readRequest(updateBody, request.body);
    const id = incidentId(credential, version);
    const { name: actor } = callerOf(request);
    const handle = temporal.workflow.getHandle(id);
    const answer = await askTemporal(temporal, () =>
      handle
        .executeUpdate<string, [unknown]>(update, { args: [{ ...rest, actor }] })
        .catch((error: unknown) => Promise.reject(refusalOf(error, id))),
    );
    log.info({ caller: actor, incident: id, update }, 'update sent');
    return { answer };
  });
}

/** What the workflow said, in the API's terms; what is none of its refusals passes on. */
function refusalOf(error: unknown, id: string): unknown {
  if (error instanceof WorkflowNotFoundError) return new IncidentError('INCIDENT_UNKNOWN', { incident: id });
  if (!(error instanceof WorkflowUpdateFailedError)) return error;
  const failure = innermost(error.cause);
  if (!failure) return error;
  if (failure.type === 'BAD_INPUT') return new InvalidRequest([{ field: 'update', fault: failure.message }]);
  return isErrorCode(failure.type ?? '')
    ? new IncidentError(failure.type as 'APPROVAL_REFUSED', { incident: id })
    : error;
}

function innermost(cause: unknown): ApplicationFailure | undefined {
  if (cause instanceof ApplicationFailure) return cause;
  return cause instanceof Error ? innermost(cause.cause) : undefined;
}
