import { setTimeout as sleep } from 'node:timers/promises';
import type { Action, Experiment, Invariant } from '../experiment';
import { ALWAYS, onlyTheStatedGap } from '../invariants';

const DOWN_MS = 20_000;

const killTemporal: Action = {
  name: 'kill Temporal (SIGKILL)',
  async run({ scene, facts }) {
    await scene.stack.temporal.server?.kill();
    facts['downAt'] = Date.now();
    return 'killed';
  },
};

const startTemporal: Action = {
  name: 'start Temporal again, with the state it had',
  async run({ scene, facts }) {
    await scene.stack.temporal.server?.start();
    facts['upAt'] ??= Date.now();
    return 'started, and answers';
  },
};

const stayDown: Action = {
  name: `let the attack go on without Temporal for ${DOWN_MS / 1000} s`,
  async run({ scene, signal, facts }) {
    await sleep(DOWN_MS, undefined, { signal });
    facts['tokenRefusedWhileDownAt'] = scene.refusals.refusedAt('reports-token', 1);
    return 'over';
  },
};

const refusedWithoutTemporal: Invariant = {
  name: 'the gateway refused the token while Temporal was down',
  check({ facts }) {
    const { tokenRefusedWhileDownAt: at, downAt, upAt } = facts;
    const kept = typeof at === 'number' && at > Number(downAt) && at < Number(upAt);
    return { kept, observed: kept ? `${Number(upAt) - at} ms before Temporal was back` : 'it did not' };
  },
};

const adopted: Invariant = {
  name: 'the workflow adopted the hold when Temporal was back',
  async check({ scene, facts }, report) {
    const token = report.credentials.find(({ id }) => id === 'reports-token');
    const entries = await scene.deps.denylist.all();
    const left = entries.filter(({ status }) => status === 'hold').length;
    return {
      kept: left === 0 && token?.quarantinedMs !== null && token?.quarantinedMs !== undefined,
      observed: `${left} holds left; quarantined ${token?.quarantinedMs} ms after the first abuse (Temporal was back after ${Number(facts['upAt']) - Number(facts['downAt'])} ms)`,
    };
  },
};

export const temporalDown: Experiment = {
  name: 'temporal-down',
  title: 'A leak while Temporal is down',
  description:
    'What a gateway enforces is refused anyway, by the hold. What only its provider can refuse waits for the workflow, and its plan says so. Nobody else notices.',
  beforeTheLeak: [killTemporal],
  duringTheLeak: [stayDown, startTemporal],
  rollbacks: [startTemporal],
  invariants: [...ALWAYS, refusedWithoutTemporal, adopted, onlyTheStatedGap],
};
