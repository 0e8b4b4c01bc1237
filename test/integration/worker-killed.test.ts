import path from 'node:path';
import { Connection, type Client } from '@temporalio/client';
import { startIncident } from '../../client';
import type { Activities } from '../../activities';
import { sessionsOf } from '../../drills/estate/estate-database';
import { isAlive } from '../../stack/is-alive';
import type { ManagedProcess } from '../../stack/managed-process';
import { encryptedClient } from '../support/encrypted-client';
import { eventually } from '../support/eventually';
import { startRig, type Rig, type RigCredential } from '../../drills/rig';

/** Every activity of the story of a database credential: a worker is killed just before and just after the effect of each. */
const DATABASE_STORY = [
  'loadCredential',
  'containVersion',
  'recordContainment',
  'notifyAudience',
  'createReplacement',
  'moveDependent',
  'revokeVersion',
  'verifyDead',
  'closeAudit',
] as const satisfies readonly (keyof Activities)[];
/** What is different where a gateway enforces. */
const GATEWAY_STORY = [
  'containVersion',
  'confirmInForce',
  'createReplacement',
  'revokeVersion',
  'verifyDead',
] as const satisfies readonly (keyof Activities)[];

interface Gap {
  readonly kind: RigCredential;
  /** What the doomed worker is told. */
  readonly dieAt: string;
}

const bothSides = (kind: RigCredential, story: readonly string[]): Gap[] =>
  story.flatMap((activity) => ['before', 'after'].map((moment) => ({ kind, dieAt: `${activity} ${moment}` })));
const GAPS = [...bothSides('postgres-role', DATABASE_STORY), ...bothSides('api-token', GATEWAY_STORY)];
const DIE_AT = path.resolve(__dirname, '../support/die-at.cjs');
/** Two cores, and a hundred connections to PostgreSQL: each chain holds up to a dozen, each dependent one. */
const AT_ONCE = 3;

const orderOf = (gap: Gap): number => GAPS.findIndex(({ kind, dieAt }) => kind === gap.kind && dieAt === gap.dieAt);

describe('a response worker that is killed between any two stages', () => {
  let estate: Rig;
  let connection: Connection;
  let client: Client;

  beforeAll(async () => {
    // Those that are closed would all be watched by the workers of those that follow.
    estate = await startRig({ watchSeconds: 0 });
    connection = await Connection.connect({ address: estate.stack.temporal.address });
    client = encryptedClient(connection, estate.deployment.keys.payload);
  });

  afterAll(async () => {
    await connection.close();
    await estate.stop();
  });

  const idOf = ({ kind, dieAt }: Gap): string => `${kind} ${dieAt}`.toLowerCase().replace(/[^a-z]+/g, '-');

  /** Has the worker die in the gap of an incident of its own; resolves to what tells what came of it, once another worker goes on. */
  async function crash(gap: Gap, taskQueue: string, doomed: ManagedProcess) {
    const { kind, dieAt } = gap;
    const id = idOf(gap);
    const { usedVersion, credential } = await estate.addCredential(id, kind);
    const incident = await startIncident(client, {
      credentialId: id,
      version: 1,
      severity: 'critical',
      reason: `drill: ${dieAt}`,
      startedBy: 'test',
      taskQueue,
    });
    await eventually(
      () => isAlive(doomed.pid),
      (alive) => !alive,
      30_000,
    );
    const died = !isAlive(doomed.pid);
    return async () => {
      const { outcome, view } = await incident.result();
      const versions = await estate.deps.inventory.versions(id);
      return {
        kind,
        dieAt,
        died,
        outcome,
        proven: view.incident.timeline.some(({ note }) =>
          /proof presented: .*old refused, control accepted/.test(note),
        ),
        versions: versions.map(({ version, state }) => `${version} ${state}`),
        dependentUses: usedVersion(),
        oldSessions: await sessionsOf(estate.stack.postgres.adminUrl, `${credential.principal}_v1`),
        told: view.audiencesNotified.length,
      };
    };
  }

  type Ending = Awaited<ReturnType<Awaited<ReturnType<typeof crash>>>>;

  /** A chain of workers on one task queue: each ends what the one before it left, and then dies in its own gap. */
  async function chain(name: string, waiting: Gap[]): Promise<Ending[]> {
    const endings: Ending[] = [];
    const taskQueue = `gaps-${name}`;
    let left: (() => Promise<Ending>) | undefined;
    for (let gap = waiting.shift(); gap !== undefined; gap = waiting.shift()) {
      const id = idOf(gap);
      const env = { DIE_AT: gap.dieAt, DIE_OF: id };
      const doomed = await estate.startWorker(id, taskQueue, { preload: DIE_AT, env });
      if (left) endings.push(await left());
      left = await crash(gap, taskQueue, doomed);
    }
    const survivor = await estate.startWorker(name, taskQueue);
    if (left) endings.push(await left());
    await survivor.stop();
    return endings;
  }

  it('ends in the same verified result in every gap', async () => {
    const waiting = [...GAPS];

    const chains = Array.from({ length: AT_ONCE }, (_, index) => chain(`chain-${index}`, waiting));
    const results = (await Promise.all(chains)).flat();

    const same = {
      died: true,
      outcome: 'recovered',
      proven: true,
      versions: ['1 revoked', '2 live'],
      dependentUses: 2,
      oldSessions: 0,
      told: 3,
    };
    expect(results.sort((a, b) => orderOf(a) - orderOf(b))).toEqual(GAPS.map((gap) => ({ ...gap, ...same })));
    expect(await estate.checkAudit()).toMatchObject({ ok: true });
  }, 400_000);
});
