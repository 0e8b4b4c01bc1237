import { setTimeout as sleep } from 'node:timers/promises';
import { createApiKeyStore } from '../../activities/store/api-keys';
import { createApiClient } from '../../client';
import { parseSubject } from '../../domain/subject';
import { valueOf } from '../../domain/secret-material';
import { prepareDeployment } from '../../stack/local-deployment';
import type { SettingsFile } from '../../workers/settings';
import { startAccountEstate, type StartedSystem } from '../estate/account-estate';
import { systemOf } from '../systems';
import type { ProviderId } from '../systems/system';
import { answerThePage } from './person-on-call';
import { openChannels, startProduct, type Product, type SceneOptions } from './product';
import type { Scene } from './scene';

/** Until a scanner of public code has found what leaked. */
const FOUND_AFTER_MS = 1_500;

/** Starts real servers of these providers, the product with their accounts, and services that share one credential of each. */
export async function setAccountScene(options: SceneOptions, providers: readonly ProviderId[]): Promise<Scene> {
  const { stack, closers, natsRoles, tell } = options;
  const { sink, audiences } = await openChannels(closers);
  const systems = await Promise.all(
    providers.map(async (provider): Promise<StartedSystem> => {
      const system = await systemOf(provider);
      tell(`starting a server whose credentials the provider ${provider} manages`);
      const running = await system.start(stack.directory);
      await closers.add(() => running.stop());
      return { system, running };
    }),
  );
  const accounts = Object.fromEntries(
    systems.map(({ system: { provider, credential }, running }) => [
      provider,
      { [credential.account]: running.account },
    ]),
  ) as SettingsFile['providers'];
  const deployment = await prepareDeployment(stack, {
    ...(natsRoles ? { natsRoles } : {}),
    settings: () => Promise.resolve({ providers: accounts, audiences }),
  });
  await closers.add(() => deployment.stop());
  const product = await startProduct(options, deployment, sink);
  const estate = await startAccountEstate(deployment, systems, {
    deps: product.deps,
    database: product.database,
    natsUrl: stack.nats.url,
    natsUser: natsRoles?.users.dependent,
  });
  await closers.add(() => estate.stop());
  const acts = estate.credentials.map((credential, index) => ({
    leak: `a thief uses what was stolen of ${credential.id} (${credential.provider})`,
    credentials: [credential],
    attack: () => estate.startAttacker(credential.id),
    async report(say: (line: string) => void, signal: AbortSignal) {
      await sleep(FOUND_AFTER_MS, undefined, { signal });
      say(`a scanner finds it in a public repository, and reports it: ${credential.provider} tells nothing of its use`);
      await reportLeak(product, credential.id);
      const issue = systems[index]?.running.issue;
      if (issue)
        void answerThePage(product, { credential, issue, say, signal }).catch((error: unknown) => {
          if (!signal.aborted) say(`the person on call did not succeed: ${String(error)}`);
        });
    },
  }));
  return { ...product, estate, acts };
}

/** As a scanner does: by the value where one was found, by its public id where that alone names it. */
async function reportLeak({ deps, database, deployment }: Product, id: string): Promise<void> {
  const key = await createApiKeyStore(database).issue(`scanner-${id}`, 'responder');
  const { subjects, secret } = await deps.inventory.version(id, 1);
  const isKnownByValue = subjects.some((subject) => !subject.startsWith('id:'));
  const token = isKnownByValue ? valueOf(await deps.secrets.get(secret)) : undefined;
  const [subject = parseSubject(`id:${id}`)] = subjects;
  const found = token === undefined ? { subject } : { token };
  const api = createApiClient({ url: deployment.apiUrl, key });
  await api.reportLeak({ ...found, source: 'a public repository', severity: 'critical' });
}
