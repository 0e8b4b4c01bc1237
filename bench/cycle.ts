import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import Table from 'cli-table3';
import { encryptedDataConverter, startIncident } from '../client';
import type { Credential, SecretVersion } from '../domain/credential';
import { startRig, type Rig } from '../drills/rig';
import { readPayloadKeys } from '../workers/keys';
import { noOpActivities } from './no-op-activities';
import type { noOpResponse } from './no-op-workflow';
import { figuresOf, round, type Figures } from './statistics';

const CYCLES = 20;
/** The first ones warm up the processes, the pools and the sandbox; they are not counted. */
const WARM_UPS = 3;
/** As many as verifyDead makes, spread as it spreads them (activities/recovery.ts). */
const PROBES = 3;
const PROBE_PAUSE_MS = 50;
const TASK_QUEUE = 'bench-cycle';

export interface CycleResult extends Figures {
  readonly bench: 'cycle';
  readonly floorP50Ms: number;
  readonly floorP99Ms: number;
  readonly ratioP50: number;
  readonly ratioP99: number;
  readonly floorParts: { readonly directCalls: Figures; readonly noOpWorkflow: Figures };
}

/**
 * From the start of an incident to the proof that the version is dead. The floor is the sum of two things measured in the same
 * run, in turn with it: the same provider and dependent calls made directly, and a workflow of the same shape whose activities do nothing.
 */
export async function benchCycle(report: (line: string) => void): Promise<CycleResult> {
  const rig = await startRig();
  try {
    const worker = await rig.startWorker('bench', TASK_QUEUE);
    const { address } = rig.stack.temporal;
    const connection = await Connection.connect({ address });
    const native = await NativeConnection.connect({ address });
    const noOp = await Worker.create({
      connection: native,
      taskQueue: `${TASK_QUEUE}-no-op`,
      workflowsPath: require.resolve('./no-op-workflow'),
      activities: noOpActivities,
    });
    const dataConverter = encryptedDataConverter(readPayloadKeys(rig.deployment.keys.payload));
    const client = new Client({ connection, dataConverter });
    const [answered, direct] = [await rig.addCredential('bench-answered'), await rig.addCredential('bench-direct')];
    const samples = { cycle: [] as number[], calls: [] as number[], engine: [] as number[] };
    await noOp.runUntil(async () => {
      for (let n = 1; n <= WARM_UPS + CYCLES; n++) {
        report(`cycle ${n} of ${WARM_UPS + CYCLES}`);
        const one = {
          cycle: await respond(client, answered.credential, n),
          calls: await timed(() => callDirectly(rig, direct.credential, n)),
          engine: await timed(() =>
            client.workflow.execute<typeof noOpResponse>('noOpResponse', {
              workflowId: `no-op-${n}`,
              taskQueue: `${TASK_QUEUE}-no-op`,
            }),
          ),
        };
        if (n <= WARM_UPS) continue;
        samples.cycle.push(one.cycle);
        samples.calls.push(one.calls);
        samples.engine.push(one.engine);
      }
    });
    await worker.stop();
    await native.close();
    await connection.close();
    return summary(samples);
  } finally {
    await rig.stop();
  }
}

function summary(samples: { cycle: number[]; calls: number[]; engine: number[] }): CycleResult {
  const [cycle, directCalls, noOpWorkflow] = [
    figuresOf(samples.cycle),
    figuresOf(samples.calls),
    figuresOf(samples.engine),
  ];
  const floorP50Ms = round(directCalls.p50Ms + noOpWorkflow.p50Ms);
  const floorP99Ms = round(directCalls.p99Ms + noOpWorkflow.p99Ms);
  return {
    bench: 'cycle',
    ...cycle,
    floorP50Ms,
    floorP99Ms,
    ratioP50: round(cycle.p50Ms / floorP50Ms),
    ratioP99: round(cycle.p99Ms / floorP99Ms),
    floorParts: { directCalls, noOpWorkflow },
  };
}

/** Milliseconds from the start to the moment of the proof. */
async function respond(client: Client, credential: Credential, version: number): Promise<number> {
  const begin = Date.now();
  const incident = await startIncident(client, {
    credentialId: credential.id,
    version,
    severity: 'critical',
    reason: 'bench',
    startedBy: 'bench',
    taskQueue: TASK_QUEUE,
  });
  const { view } = await incident.result();
  return (view.incident.milestones.verified ?? NaN) - begin;
}

/** What a script would do: no workflow, no audit, no records beyond the inventory's. */
async function callDirectly({ deps }: Rig, credential: Credential, version: number): Promise<void> {
  const provider = deps.providers.get(credential.provider);
  const [dependent] = credential.dependents;
  const adapter = dependent && deps.dependents.get(dependent.kind);
  if (!provider || !dependent || !adapter) throw new Error('the rig is incomplete');
  const context = {
    idempotencyKey: `bench-${version}`,
    signal: new AbortController().signal,
    heartbeat: () => undefined,
  };
  const old = await deps.inventory.version(credential.id, version);
  await provider.quarantine(credential, old, context);
  const secret = await deps.inventory.reserveVersion(credential.id, context.idempotencyKey, deps.stores.byDefault);
  const next = secret.version;
  const { value } = await provider.createReplacement(credential, { version: next, secret }, context);
  const minted: SecretVersion = { credentialId: credential.id, version: next, state: 'live', ...value };
  await deps.inventory.saveVersion(minted);
  await deps.inventory.setState(credential.id, next, 'live');
  await provider.test(credential, minted, context);
  await adapter.activate(dependent, minted, context);
  while ((await adapter.status(dependent, minted, context)).using !== next) await sleep(5);
  await provider.revoke(credential, old, context);
  for (let probe = 1; probe <= PROBES; probe++) {
    if (probe > 1) await sleep(PROBE_PAUSE_MS);
    const { verdict } = await provider.verifyDead(credential, old, minted, context);
    if (verdict !== 'dead') throw new Error(`the old version is ${verdict}`);
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** The table people read. */
export function renderCycle(result: CycleResult): string {
  const table = new Table({ head: ['ms', 'p50', 'p99'], style: { head: [], border: [] } });
  const { directCalls, noOpWorkflow } = result.floorParts;
  table.push(['from the start to verified dead', result.p50Ms, result.p99Ms]);
  table.push(['floor: the same calls, directly', directCalls.p50Ms, directCalls.p99Ms]);
  table.push(['floor: the same workflow, doing nothing', noOpWorkflow.p50Ms, noOpWorkflow.p99Ms]);
  table.push(['ratio to the sum of both', result.ratioP50, result.ratioP99]);
  return table.toString();
}
