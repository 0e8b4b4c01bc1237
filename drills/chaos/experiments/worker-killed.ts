import { setTimeout as sleep } from 'node:timers/promises';
import { incidentId } from '../../../domain/credential';
import { SEARCH_ATTRIBUTES } from '../../../workflows/messages';
import type { Scene } from '../../demo/scene';
import type { Action, Experiment } from '../experiment';
import { ALWAYS, onlyTheStatedGap } from '../invariants';
import { until } from '../until';

/** An answer takes three to five seconds here, so that any of its stages may be hit. */
const LATEST_MS = 3_500;
/** What a supervisor needs to notice and start again. */
const RESTART_AFTER_MS = 1_000;

const killTheWorker: Action = {
  name: 'kill the response worker (SIGKILL) at a random moment of the answer',
  async run({ scene, chance, signal, facts }) {
    // Before there is an incident nothing of the answer could be hit.
    const begunAt = await until(signal, async () => (await stagesOf(scene)).some(({ stage }) => stage !== undefined));
    const afterMs = Math.round(chance.next() * LATEST_MS);
    await sleep(afterMs, undefined, { signal });
    const stages = (await stagesOf(scene)).map(({ id, stage }) => `${id} ${stage ?? 'not begun'}`).join(', ');
    await scene.deployment.processes.response.kill();
    facts['killedAt'] = Date.now();
    facts['stagesWhenKilled'] = stages;
    return `killed ${Date.now() - begunAt} ms after the first incident was there (${stages})`;
  },
};

const startTheWorker: Action = {
  name: 'start the response worker again, as its supervisor would',
  async run({ scene, signal }) {
    await sleep(RESTART_AFTER_MS, undefined, { signal });
    await scene.deployment.processes.response.start();
    return 'started, and ready';
  },
};

export const workerKilled: Experiment = {
  name: 'worker-killed',
  title: 'A leak while the only response worker is killed',
  description:
    'The workflow must go on where it was, do nothing twice, and leave no attacker in; the hold at the gateway does not need it at all.',
  duringTheLeak: [killTheWorker, startTheWorker],
  rollbacks: [startTheWorker],
  invariants: [...ALWAYS, onlyTheStatedGap],
};

/** By the search attribute: a query would have to ask the very worker that is about to die. */
function stagesOf({ client, estate }: Scene): Promise<{ readonly id: string; readonly stage: string | undefined }[]> {
  return Promise.all(
    estate.credentials.map(async ({ id }) => {
      const described = await client.workflow
        .getHandle(incidentId(id, 1))
        .describe()
        .catch(() => undefined);
      return { id, stage: described?.typedSearchAttributes.get(SEARCH_ATTRIBUTES.stage) };
    }),
  );
}
