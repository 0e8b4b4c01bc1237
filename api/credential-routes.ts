import { randomUUID } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { failureOf } from '../client/workflow-failure';
import { registrationId, type Credential, type SecretRef } from '../domain/credential';
import { credentialId, registrationBody, type RegistrationBody } from '../domain/credential-description';
import { IncidentError } from '../domain/errors';
import type { registerCredential } from '../workflows';
import type { Registered } from '../workflows/register-credential';
import { askTemporal } from './ask-temporal';
import { callerOf, onlyFor } from './authenticate';
import { problem, statusOf } from './problem';
import { readRequest } from './read-request';
import type { ApiParts } from './server';

export const credentialParams = z.object({ id: credentialId });
export const registeredAnswer = z.object({
  credential: z.string(),
  version: z.number().int().optional(),
  /** Whether a leak of it could be answered now, and if not, why. */
  faults: z.array(z.object({ step: z.string(), code: z.string(), fault: z.string() })),
});

/** A person waits; whoever sends it again meanwhile is told that it runs. */
const WAIT_MS = 20_000;

type Parts = Pick<ApiParts, 'secrets' | 'stores' | 'temporal' | 'taskQueue' | 'log'>;

/** Where credentials come into the inventory, and what is said of them is changed. */
export function installCredentialRoutes(app: FastifyInstance, parts: Parts): void {
  app.put('/v1/credentials/:id', { onRequest: onlyFor('admin') }, async (request, reply) => {
    const { id } = readRequest(credentialParams, request.params);
    const body = readRequest(registrationBody, request.body);
    const { name: actor } = callerOf(request);
    const handle = await start(parts, id, body, actor);
    parts.log.info({ caller: actor, credential: id }, 'a credential is being registered');
    const ended = await resultOf(parts, handle);
    if (ended === undefined) throw new IncidentError('REGISTRATION_RUNNING', { credential: id });
    if (ended instanceof IncidentError) {
      const status = statusOf(ended.code) === 500 ? 422 : statusOf(ended.code);
      return problem(reply, ended.code, { faults: [{ field: '', fault: ended.message }] }, status);
    }
    const { version, faults } = ended;
    return { credential: id, ...(version === undefined ? {} : { version }), faults };
  });
}

async function start(
  { secrets, stores, temporal, taskQueue }: Parts,
  id: string,
  { version, ...described }: RegistrationBody,
  actor: string,
): Promise<WorkflowHandle<typeof registerCredential>> {
  const credential: Credential = { id, ...described };
  // A place of this request alone: the value must not pass through Temporal, and another request may come at the same time.
  const given: SecretRef = { store: stores.byDefault, path: `registrations/${randomUUID()}`, version: 1 };
  if (version) await secrets.putIfAbsent(given, version.value);
  try {
    return await askTemporal(temporal, () =>
      temporal.workflow.start<typeof registerCredential>('registerCredential', {
        workflowId: registrationId(id),
        taskQueue,
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'FAIL',
        staticSummary: `Registers ${id}`,
        args: [{ credential, actor, ...(version ? { found: { publicId: version.publicId, given } } : {}) }],
      }),
    );
  } catch (error) {
    // Of an answer that was lost the workflow may run: it says that there is no value, and is sent again.
    if (version) await secrets.destroy(given);
    if (error instanceof IncidentError && error.cause instanceof WorkflowExecutionAlreadyStartedError)
      throw new IncidentError('REGISTRATION_RUNNING', { credential: id });
    throw error;
  }
}

/** Undefined while it still runs. */
async function resultOf(
  { temporal }: Parts,
  handle: WorkflowHandle<typeof registerCredential>,
): Promise<Registered | IncidentError | undefined> {
  try {
    return await temporal.withDeadline(Date.now() + WAIT_MS, () => handle.result());
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) return undefined;
    return failureOf(error) ?? new IncidentError('INTERNAL', { workflow: handle.workflowId });
  }
}
