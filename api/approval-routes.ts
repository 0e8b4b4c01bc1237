import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { incident } from '../client';
import { APPROVED_ACTIONS, LONGEST_EXTENSION_SECONDS, type ApprovalDetail } from '../domain/approval';
import { incidentId } from '../domain/credential';
import { IncidentError } from '../domain/errors';
import { SEVERITIES } from '../domain/severity';
import type { IncidentView } from '../workflows/messages';
import { askTemporal } from './ask-temporal';
import { callerOf, onlyFor } from './authenticate';
import { incidentParams } from './incident-routes';
import { openText, readRequest } from './read-request';
import type { ApiParts } from './server';
import { signApproval } from './sign-approval';

const note = openText(500);
const [approveStep, skipStep, extendOverlap, lowerSeverity, markFalsePositive] = APPROVED_ACTIONS;

export const approvalBody = z.discriminatedUnion('action', [
  z.strictObject({ action: z.enum([approveStep, skipStep, markFalsePositive]), note }),
  z.strictObject({
    action: z.literal(extendOverlap),
    note,
    seconds: z.number().int().min(1).max(LONGEST_EXTENSION_SECONDS),
  }),
  z.strictObject({ action: z.literal(lowerSeverity), note, severity: z.enum(SEVERITIES) }),
]);

export const approvalAnswer = z.object({
  update: z.string().describe('The name of the update to send'),
  payload: z
    .looseObject({ actor: z.string(), note: z.string(), approval: z.string() })
    .describe('What to send with it'),
  expiresAt: z.string(),
});

type Body = z.infer<typeof approvalBody>;

/** Signed, single-use approvals of what loosens, bound to whoever's key asks for them. */
export function installApprovalRoutes(
  app: FastifyInstance,
  { temporal, approvalKey, log }: Pick<ApiParts, 'temporal' | 'approvalKey' | 'log'>,
): void {
  app.post(
    '/v1/incidents/:credential/:version/approvals',
    { onRequest: onlyFor('approver') },
    async (request, reply) => {
      const { credential, version } = readRequest(incidentParams, request.params);
      const body = readRequest(approvalBody, request.body);
      const id = incidentId(credential, version);
      const [view, runId] = await askTemporal(temporal, async () => [
        await incident(temporal, id).state(),
        (await temporal.workflow.getHandle(id).describe()).runId,
      ]);
      const { name: actor } = callerOf(request);
      const detail = { ...detailOf(body, view, id), run: runId };
      const { approval, expiresAt } = await signApproval(
        approvalKey,
        { incidentId: id, actor, action: body.action, detail },
        Date.now(),
      );
      log.info({ caller: actor, incident: id, action: body.action, detail }, 'approval issued');
      const { action: update, ...rest } = body;
      return reply.code(201).send({ update, payload: { actor, ...rest, approval }, expiresAt });
    },
  );
}

/** An answer is to the question that is open now and to no later one. @throws IncidentError NOTHING_TO_APPROVE */
function detailOf(body: Body, { incident: { waiting, outcome } }: IncidentView, id: string): ApprovalDetail {
  if (outcome !== undefined) throw new IncidentError('NOTHING_TO_APPROVE', { incident: id });
  switch (body.action) {
    case 'approveStep':
    case 'skipStep':
      if (waiting?.number === undefined) throw new IncidentError('NOTHING_TO_APPROVE', { incident: id });
      return { question: waiting.number };
    case 'extendOverlap':
      return { seconds: body.seconds };
    case 'lowerSeverity':
      return { severity: body.severity };
    case 'markFalsePositive':
      return {};
  }
}
