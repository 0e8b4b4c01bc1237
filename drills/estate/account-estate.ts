import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createApiKeyStore } from '../../activities/store/api-keys';
import { issueFirstVersion } from '../../activities/issue-first-version';
import type { Credential, SecretVersion } from '../../domain/credential';
import { parseMaterial } from '../../domain/secret-material';
import { giveVersion } from './give-version';
import { freePort } from '../../stack/free-port';
import { makeSecretFile } from '../../stack/key-files';
import type { LocalDeployment } from '../../stack/local-deployment';
import type { Kind, RunningSystem, System } from '../systems/system';
import type { Estate, EstateParts } from './estate';
import { startEstateProcess, type EstateProcess } from './estate-process';

/** A system that was started, and whose account the deployment has. */
export interface StartedSystem {
  readonly system: System;
  readonly running: RunningSystem<Kind>;
}

/** A credential of a system, and the version that will leak. */
interface Issued {
  readonly one: StartedSystem;
  readonly credential: Credential;
  readonly first: SecretVersion;
}

const SERVICES = ['checkout', 'shipping'] as const;

/** One credential of each system, shared by two services. Nobody can be told apart at these systems, so the strategy is `inseparable`. */
function credentialOf({ provider, credential }: System): Credential {
  const { account } = credential;
  return {
    ...credential,
    id: `orders-${account}`,
    provider,
    principalKind: 'workload',
    // A team each: many leaks of one would stop at the breaker.
    ownerTeam: `team-${account}`,
    criticality: 1,
    enforcement: 'provider',
    protection: 'normal',
    knownContexts: [],
    dependents: SERVICES.map((name, criticality) => ({
      id: `${name}-${account}`,
      kind: 'kv-pull',
      target: '',
      owner: 'payments',
      criticality: criticality === 0 ? 0 : 1,
    })),
  };
}

/** Registers a credential of each system, has its first version issued, and starts the services that use it. */
export async function startAccountEstate(
  deployment: LocalDeployment,
  systems: readonly StartedSystem[],
  parts: EstateParts,
): Promise<Estate> {
  const directory = join(deployment.directory, 'estate');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const apiKeys = createApiKeyStore(parts.database);
  const thieves: EstateProcess[] = [];
  const issued: Issued[] = [];
  for (const one of systems) {
    const credential = credentialOf(one.system);
    issued.push({ one, credential, first: await firstVersionOf(one, credential) });
  }
  async function firstVersionOf({ running }: StartedSystem, credential: Credential): Promise<SecretVersion> {
    if (!running.issue) return issueFirstVersion(parts.deps, credential);
    const key = await apiKeys.issue(`admin-of-${credential.id}`, 'admin');
    await giveVersion({ apiUrl: deployment.apiUrl, key }, credential, await running.issue());
    return parts.deps.inventory.version(credential.id, 1);
  }
  const startService = async ({ one, credential }: Issued, name: string): Promise<EstateProcess> => {
    const port = await freePort();
    const config = {
      name,
      port,
      apiUrl: deployment.apiUrl,
      apiKeyFile: await makeSecretFile(directory, `${name}.key`, await apiKeys.issue(name, 'dependent')),
      natsUrl: parts.natsUrl,
      ...(parts.natsUser ? { natsUser: parts.natsUser } : {}),
      credentialId: credential.id,
      provider: one.system.provider,
      at: one.running.at,
    };
    return startEstateProcess(directory, 'accountService', name, config, port);
  };
  const started = await Promise.all(
    issued.flatMap((each) => each.credential.dependents.map(({ id }) => startService(each, id))),
  );

  const stolenOf = async ({ one, first }: Issued) =>
    parseMaterial(one.system.kind, await parts.deps.secrets.get(first.secret));
  let stopping = false;
  return {
    credentials: issued.map(({ credential }) => credential),
    services: started,
    async startAttacker(credentialId) {
      const port = await freePort();
      const stolen = await Promise.all(
        issued
          .filter(({ credential }) => credentialId === undefined || credential.id === credentialId)
          .map(async (each) => ({
            credentialId: each.credential.id,
            provider: each.one.system.provider,
            at: each.one.running.at,
            material: await stolenOf(each),
          })),
      );
      const thief = await startEstateProcess(
        directory,
        'accountThief',
        `thief-${thieves.length + 1}`,
        { port, stolen },
        port,
      );
      thieves.push(thief);
      if (stopping) await thief.stop();
      return thief;
    },
    async sessionsAlive({ id }) {
      const found = issued.find(({ credential }) => credential.id === id);
      return found && found.one.running.sessionsOf?.(await stolenOf(found));
    },
    async stop() {
      stopping = true;
      await Promise.all([...thieves, ...started].map((one) => one.stop()));
    },
  };
}
