import { setTimeout as sleep } from 'node:timers/promises';
import { fetch } from 'undici';
import { incident } from '../../../client';
import { incidentId } from '../../../domain/credential';
import { parseMaterial } from '../../../domain/secret-material';
import type { Action, Experiment, Invariant, Stage } from '../experiment';
import { FaultProxy } from '../fault-proxy';
import { ALWAYS, onlyTheStatedGap } from '../invariants';
import { until } from '../until';

const GATEWAY = 'gateway-2';
/** design.md: a gateway that lost NATS for two seconds knows it; one more to look. */
const KNOWS_WITHIN_MS = 3_000;
/** It asks the API once a second. */
const REFUSES_WITHIN_MS = 3_000;
const CUT_FOR_MS = 10_000;
const BACK_WITHIN_MS = 20_000;

const startGateway: Action = {
  name: `start a second gateway, ${GATEWAY}, whose way to NATS can be cut`,
  async run({ scene, props }) {
    const { hostname, port } = new URL(scene.stack.nats.url);
    props.proxy = await FaultProxy.start({ host: hostname, port: Number(port) });
    const natsUrl = `nats://127.0.0.1:${props.proxy.port}`;
    props.secondGateway = await scene.deployment.startGateway({ id: GATEWAY, natsUrl });
    return `listens at ${props.secondGateway.url}`;
  },
};

const cut: Action = {
  name: `cut ${GATEWAY} off from NATS: connections stay open, and nothing goes through`,
  async run(stage) {
    const begin = Date.now();
    if (stage.props.proxy) stage.props.proxy.mode = 'black-hole';
    const knew = await until(stage.signal, async () => (await trustOf(stage)) !== 'ok');
    stage.facts['knewAfterMs'] = knew - begin;
    // Until then it counts as one that has not answered yet, and "refused everywhere" would be said by nobody.
    const missed = await until(stage.signal, async () => {
      const { missing } = await stage.scene.deps.gateways.members();
      return missing.some(({ gatewayId }) => gatewayId === GATEWAY);
    });
    return `it knows after ${knew - begin} ms, and is missed after ${missed - begin} ms`;
  },
};

const stayCut: Action = {
  name: `let the attack go on for ${CUT_FOR_MS / 1000} s, and try the stolen token at ${GATEWAY}`,
  async run(stage) {
    const begin = Date.now();
    const { scene, facts } = stage;
    const refused = await until(stage.signal, async () => scene.refusals.refusedAt('reports-token', 1) !== null);
    const token = await stolenToken(stage);
    const alsoRefused = await until(stage.signal, async () => (await statusOf(stage, token)) === 401);
    facts['refusedThereAfterMs'] = alsoRefused - refused;
    facts['refusedThereAt'] = alsoRefused;
    await sleep(Math.max(0, begin + CUT_FOR_MS - Date.now()), undefined, { signal: stage.signal });
    return `refused there ${alsoRefused - refused} ms after the others had refused it`;
  },
};

const mend: Action = {
  name: `mend the way of ${GATEWAY} to NATS`,
  async run(stage) {
    const begin = Date.now();
    if (stage.props.proxy) stage.props.proxy.mode = 'pass';
    const fresh = await until(stage.signal, async () => (await trustOf(stage)) === 'ok');
    stage.facts['freshAfterMs'] ??= fresh - begin;
    return `it is in order again after ${fresh - begin} ms`;
  },
};

const knew: Invariant = {
  name: `the gateway that was cut off knew within ${KNOWS_WITHIN_MS} ms`,
  check: ({ facts }) => within(facts['knewAfterMs'], KNOWS_WITHIN_MS),
};

const refusedAnyway: Invariant = {
  name: `it refused the token all the same, by the API's denylist, within ${REFUSES_WITHIN_MS} ms of the others`,
  async check({ facts, scene }) {
    const { incident: seen } = await incident(scene.client, incidentId('reports-token', 1)).state();
    const { refusedThereAt: at } = facts;
    const { kept, observed } = within(facts['refusedThereAfterMs'], REFUSES_WITHIN_MS);
    // From the revoke on its issuer refuses it too: that would say nothing about the denylist.
    const beforeRevoke = typeof at === 'number' && at < (seen.milestones.revoked ?? 0);
    return {
      kept: kept && beforeRevoke,
      observed: `${observed}, ${beforeRevoke ? 'before' : 'only AFTER'} it was revoked`,
    };
  },
};

const wasNamed: Invariant = {
  name: 'the incident names the gateway that did not confirm the refusal',
  async check({ scene }) {
    const timeline = await incident(scene.client, incidentId('reports-token', 1)).timeline();
    const note = timeline.find(({ stage }) => stage === 'contained')?.note ?? '';
    return { kept: note.includes(GATEWAY), observed: note };
  },
};

const cameBack: Invariant = {
  name: 'it is in order again once NATS can be reached',
  check: ({ facts }) => within(facts['freshAfterMs'], BACK_WITHIN_MS),
};

export const gatewayCutOff: Experiment = {
  name: 'gateway-cut-off',
  title: 'A leak while one of two gateways is cut off from NATS',
  description:
    'It must know that it is stale, refuse what it knew, learn of the new refusal another way, be named in the incident, and come back by itself. The other gateway and everybody else notice nothing.',
  scenery: [startGateway],
  beforeTheLeak: [cut],
  duringTheLeak: [stayCut, mend],
  rollbacks: [mend],
  invariants: [...ALWAYS, knew, refusedAnyway, wasNamed, cameBack, onlyTheStatedGap],
};

function within(fact: Stage['facts'][string] | undefined, limit: number) {
  return { kept: typeof fact === 'number' && fact <= limit, observed: `${fact ?? 'never'} ms` };
}

async function trustOf({ props }: Stage): Promise<string> {
  const response = await fetch(`${props.secondGateway?.url}/healthz`);
  return ((await response.json()) as { status: string }).status;
}

/** As the attacker would: from an address that is nobody's. */
async function statusOf({ props }: Stage, token: string): Promise<number> {
  const response = await fetch(`${props.secondGateway?.url}/authorize`, {
    headers: { authorization: `Bearer ${token}`, 'user-agent': 'curl/8.5.0', 'x-forwarded-for': '177.54.144.10' },
  });
  await response.body?.cancel();
  return response.status;
}

async function stolenToken({ scene }: Stage): Promise<string> {
  const value = await scene.deps.secrets.get({ store: 'postgres', path: 'credentials/reports-token', version: 1 });
  return parseMaterial('api-token', value).token;
}
