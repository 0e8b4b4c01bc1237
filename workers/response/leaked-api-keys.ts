import type { Logger } from 'pino';
import type { ActivityDeps } from '../../activities/deps';
import type { ApiKeyStore } from '../../activities/store/api-keys';
import { nextStep } from '../../domain/errors';
import { eachInTurn } from './each-in-turn';
import { inRounds } from './in-rounds';
import { pageHourly } from './page-hourly';

const EVERY_MS = 20_000;

type Deps = Pick<ActivityDeps, 'audiences' | 'deliveries' | 'notifiers'>;

/** Looks now and then for API keys of ours that somebody found in the open. Every response worker may run it. */
export function watchForLeakedApiKeys(deps: Deps, apiKeys: Pick<ApiKeyStore, 'leaked'>, log: Logger): { stop(): void } {
  return inRounds(EVERY_MS, log, 'leaked API keys could not be looked for', () =>
    pageForLeakedApiKeys(deps, apiKeys, Date.now()),
  );
}

/** Pages once an hour and key until it is revoked or made anew: what is Tourniquet's own is never ended without a person. */
export async function pageForLeakedApiKeys(
  deps: Deps,
  apiKeys: Pick<ApiKeyStore, 'leaked'>,
  now: number,
): Promise<void> {
  await eachInTurn(await apiKeys.leaked(), async ({ name, role, source, reporter }) => {
    await pageHourly(deps, `leaked-api-key/${name}`, now, {
      title: `[critical] The API key "${name}" (${role}) of Tourniquet itself was found in the open`,
      body: [
        `Found by ${reporter}: ${source}. It still works: NOTHING is done about it without a person.`,
        nextStep('API_KEY_LEAKED'),
      ].join('\n'),
      fields: {
        audience: 'security',
        kind: 'api-key-leaked',
        code: 'API_KEY_LEAKED',
        severity: 'critical',
        key: name,
        role,
        reporter,
      },
    });
  });
}
