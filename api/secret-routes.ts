import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { SecretVersion } from '../domain/credential';
import { IncidentError } from '../domain/errors';
import type { Inventory } from '../domain/ports/stores';
import { secretMaterial } from '../domain/secret-material';
import { newestLive } from '../domain/version-order';
import { callerOf } from './authenticate';
import { problem } from './problem';
import { readRequest } from './read-request';
import type { ApiParts } from './server';

export const secretParams = z.object({ id: z.string().min(1).max(128) });
export const secretQuery = z.object({ version: z.coerce.number().int().positive().optional() });

/** Where dependents read the value they may use: each only those of credentials it is registered for. */
export function installSecretRoutes(
  app: FastifyInstance,
  { inventory, secrets, log }: Pick<ApiParts, 'inventory' | 'secrets' | 'log'>,
): void {
  app.get('/v1/credentials/:id/secret', async (request, reply) => {
    const { id } = readRequest(secretParams, request.params);
    const wanted = readRequest(secretQuery, request.query);
    const caller = callerOf(request);
    // The same answer for a credential that is not the caller's and for one that is not there: ids are nobody else's business.
    if (caller.role !== 'dependent' || !(await dependsOn(inventory, caller.name, id))) {
      return problem(reply, 'SECRET_ACCESS_DENIED');
    }
    const version = chooseVersion(await inventory.versions(id), wanted.version);
    const material: unknown = JSON.parse(await secrets.get(version.secret));
    log.info({ caller: caller.name, credential: id, version: version.version }, 'secret read');
    // A value must not stay in any cache on the way.
    return reply
      .header('cache-control', 'no-store')
      .send({ credential: id, version: version.version, material: secretMaterial.parse(material) });
  });
}

async function dependsOn(inventory: Inventory, dependentId: string, credentialId: string): Promise<boolean> {
  const credential = (await inventory.credentials()).find(({ id }) => id === credentialId);
  return credential?.dependents.some(({ id }) => id === dependentId) ?? false;
}

/** The newest live version; while there is none, the newest that was not thrown away: its holder may still wait in a lane. */
function chooseVersion(versions: readonly SecretVersion[], wanted: number | undefined): SecretVersion {
  const readable = versions.filter(({ state }) => state !== 'pending' && state !== 'discarded' && state !== 'revoked');
  const chosen =
    wanted === undefined
      ? (newestLive(readable) ?? readable.at(-1))
      : readable.find(({ version }) => version === wanted);
  if (!chosen) throw new IncidentError('VERSION_UNKNOWN', { version: wanted });
  return chosen;
}
