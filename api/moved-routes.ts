import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { IncidentError } from '../domain/errors';
import { callerOf, onlyFor } from './authenticate';
import { openText, readRequest } from './read-request';
import type { ApiParts } from './server';

export const movedParams = z.object({ id: z.string().min(1).max(128), dependent: z.string().min(1).max(128) });
export const movedBody = z.strictObject({
  version: z.number().int().positive().max(1_000_000),
  /** How that is known; people read it. */
  note: openText(500),
});

/** Where a person says that what only they can move uses another version now. */
export function installMovedRoutes(
  app: FastifyInstance,
  { inventory, movedByHand, log }: Pick<ApiParts, 'inventory' | 'movedByHand' | 'log'>,
): void {
  app.post('/v1/credentials/:id/dependents/:dependent/moved', { onRequest: onlyFor('responder') }, async (request) => {
    const { id, dependent } = readRequest(movedParams, request.params);
    const { version, note } = readRequest(movedBody, request.body);
    const { dependents } = await inventory.credential(id);
    // Of all others a word is no sign: they say it themselves.
    if (!dependents.some((one) => one.id === dependent && one.kind === 'manual'))
      throw new IncidentError('DEPENDENT_UNKNOWN', { credential: id, dependent });
    const { state } = await inventory.version(id, version);
    if (state === 'revoked' || state === 'discarded')
      throw new IncidentError('VERSION_NOT_LIVE', { credential: id, version, state });
    const { name: actor } = callerOf(request);
    await movedByHand.say({ credentialId: id, dependentId: dependent, version, actor, note });
    log.info({ caller: actor, credential: id, dependent, version }, 'moved by hand');
    return { dependent, version };
  });
}
