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
/** Two cores: more workers at once would only wait for each other. */
const AT_ONCE = 4;

const orderOf = (gap: Gap): number => GAPS.findIndex(({ kind, dieAt }) => kind === gap.kind && dieAt === gap.dieAt);

describe('a response worker that is killed between any two stages', () => {
  let estate: Rig;
  let connection: Connection;
  let client: Client;

  beforeAll(async () => {
    estate = await startRig();
    connection = await Connection.connect({ address: estate.stack.temporal.address });
    client = encryptedClient(connection, estate.deployment.keys.payload);
  });

  afterAll(async () => {
    await connection.close();
    await estate.stop();
  });

  /** Runs one incident through a crash; what came of it. */
  async function crash({ kind, dieAt }: Gap) {
    const id = `${kind} ${dieAt}`.toLowerCase().replace(/[^a-z]+/g, '-');
    const taskQueue = `gap-${id}`;
    const { usedVersion, credential } = await estate.addCredential(id, kind);
    const doomed = await estate.startWorker(id, taskQueue, { preload: DIE_AT, env: { DIE_AT: dieAt } });
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
    const survivor: ManagedProcess = await estate.startWorker(id, taskQueue);
    try {
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
    } finally {
      await survivor.stop();
    }
  }

  it('ends in the same verified result in every gap', async () => {
    const results: Awaited<ReturnType<typeof crash>>[] = [];
    const waiting = [...GAPS];

    const next = async (): Promise<void> => {
      for (let gap = waiting.shift(); gap !== undefined; gap = waiting.shift()) results.push(await crash(gap));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, next));

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
