import { randomUUID } from 'node:crypto';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  type WorkflowHandle,
} from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { failureOf } from '../client/workflow-failure';
import { incidentId, registrationId, type DependentRecord, type Described, type SecretRef } from '../domain/credential';
import {
  credentialId,
  registeredCredential,
  registrationBody,
  type RegistrationBody,
} from '../domain/credential-description';
import { IncidentError, type ErrorCode } from '../domain/errors';
import type { registerCredential } from '../workflows';
import type { Registered } from '../workflows/register-credential';
import { askTemporal } from './ask-temporal';
import { callerOf, onlyFor } from './authenticate';
import { problem, statusOf } from './problem';
import { readRequest } from './read-request';
import type { ApiParts } from './server';

export const credentialParams = z.object({ id: credentialId });
export const registeredAnswer = registeredCredential.extend({ credential: z.string() });

/** A person waits; whoever sends it again meanwhile is told that it runs. */
const WAIT_MS = 20_000;

/** What a registration can fail with that is not for the caller to mend, or not by another request; the rest is. */
const OURS: readonly ErrorCode[] = [
  'INTERNAL',
  'SECRET_UNREADABLE',
  'SECRET_STORE_UNAVAILABLE',
  'PROVIDER_UNAVAILABLE',
  'CREDENTIAL_DIFFERS',
];
const REFUSED = 422;

type Parts = Pick<ApiParts, 'inventory' | 'secrets' | 'stores' | 'temporal' | 'taskQueue' | 'log'>;

/** Where credentials come into the inventory, and what is said of them is changed. */
export function installCredentialRoutes(app: FastifyInstance, parts: Parts): void {
  app.put('/v1/credentials/:id', { onRequest: onlyFor('admin') }, async (request, reply) => {
    const { id } = readRequest(credentialParams, request.params);
    const body = readRequest(registrationBody, request.body);
    const { name: actor } = callerOf(request);
    if (body.dependents) await mustBeAtRest(parts, id, body.dependents);
    const handle = await start(parts, id, body, actor);
    parts.log.info({ caller: actor, credential: id }, 'a credential is being registered');
    const ended = await resultOf(parts, handle);
    if (ended === undefined) throw new IncidentError('REGISTRATION_RUNNING', { credential: id });
    if (ended instanceof IncidentError) {
      const status = OURS.includes(ended.code) ? statusOf(ended.code) : REFUSED;
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
  const credential: Described = { id, ...described };
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

/** As many of its last versions may have an incident that still runs. */
const LOOKED_AT = 5;

/** An incident that moves a dependent must be able to move it back. @throws IncidentError INCIDENT_EXISTS where one would be taken away from under it */
async function mustBeAtRest(
  { inventory, temporal }: Parts,
  id: string,
  dependents: readonly Pick<DependentRecord, 'id' | 'kind' | 'target'>[],
): Promise<void> {
  const known = (await inventory.credentials()).find((one) => one.id === id);
  const isKept = (one: DependentRecord): boolean =>
    dependents.some(({ id: name, kind, target }) => name === one.id && kind === one.kind && target === one.target);
  if (!known || known.dependents.every(isKept)) return;
  const versions = (await inventory.versions(id)).filter(({ state }) => state !== 'discarded');
  for (const { version } of versions.slice(-LOOKED_AT)) {
    const incident = incidentId(id, version);
    const isOpen = await askTemporal(temporal, async () => {
      const described = await temporal.workflow.getHandle(incident).describe().catch(unlessUnknown);
      return described?.status.name === 'RUNNING';
    });
    if (isOpen) throw new IncidentError('INCIDENT_EXISTS', { incident });
  }
}

function unlessUnknown(error: unknown): undefined {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
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
