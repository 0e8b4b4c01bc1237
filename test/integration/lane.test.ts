import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { fetch } from 'undici';
import { createActivities, type Activities } from '../../activities';
import { detectionMessage, type DetectionMessage } from '../../domain/detection';
import { DEFAULT_POLICY, type Policy } from '../../domain/policy';
import { planResponse } from '../../domain/response-plan';
import { parseMaterial } from '../../domain/secret-material';
import { partitionOf, type Subject } from '../../domain/subject';
import { sampleBreach, sampleUse } from '../../detectors/sample-life';
import { startRig, type Rig } from '../../drills/rig';
import { parseConfig } from '../../workers/config';
import { startGateway, type RunningGateway } from '../../workers/gateway/start-gateway';
import { connectNats } from '../../workers/nats';
import { eventually } from '../support/eventually';
import { sampleAssessment, withOverlap } from '../support/fake-activities';
import { recordedLog } from '../support/recorded-log';
import { runActivity } from '../support/run-activity';

/** Enough to know a service by, and again, since a gateway hears of a new credential a moment later. */
const USES = 25;

/** Two gateways, the detection worker, and whoever is in the network of a dependent: all real, on one machine. */
describe('the lane of a known context', () => {
  let rig: Rig;
  let activities: Activities;
  let directory: string;
  let second: RunningGateway;
  let nats: NatsConnection;
  let gateways: readonly [string, string];

  beforeAll(async () => {
    rig = await startRig();
    activities = createActivities(rig.deps);
    directory = await mkdtemp(join(tmpdir(), 'tourniquet-lane-'));
    await rig.deployment.start(['detection']);
    second = await startGateway(
      parseConfig('gateway', {
        ...rig.deployment.environmentOf('gateway'),
        TOURNIQUET_GATEWAY_ID: 'second',
        TOURNIQUET_GATEWAY_PORT: '0',
        TOURNIQUET_GATEWAY_SNAPSHOT_FILE: join(directory, 'second.json'),
      }),
      recordedLog().log,
    );
    const lease = (await rig.deps.gateways.live()).find(({ gatewayId }) => gatewayId === 'second');
    gateways = [`${rig.deployment.gatewayUrl}/authorize`, lease?.authorizeUrl ?? ''];
    // Who reads detections in the product.
    nats = await connectNats(parseConfig('dispatcher', rig.deployment.environmentOf('dispatcher')), 'test');
  });

  afterAll(async () => {
    await nats?.close();
    await second?.stop();
    await rig?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function ask(gateway: string, token: string, path: string, method = 'GET'): Promise<number> {
    const headers = { authorization: `Bearer ${token}`, 'x-original-uri': path, 'x-original-method': method };
    const response = await fetch(gateway, { headers });
    await response.body?.cancel();
    return response.status;
  }

  /** What the dependent does all day: it reads reports, and files one. */
  async function live(token: string): Promise<Set<number>> {
    const seen = new Set<number>();
    for (const gateway of gateways) {
      for (let n = 0; n < USES; n++) seen.add(await ask(gateway, token, `/reports/${n}`));
      seen.add(await ask(gateway, token, '/reports', 'POST'));
    }
    return seen;
  }

  async function containedCredential(id: string, policy: Policy = DEFAULT_POLICY) {
    const { credential } = await rig.addCredential(id, 'api-token');
    const version = await rig.deps.inventory.version(id, 1);
    const { token } = parseMaterial('api-token', await rig.deps.secrets.get(version.secret));
    const [subject] = version.subjects as [Subject];
    for (let n = 0; n < 2; n++) {
      await live(token);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    const input = {
      incidentId: `incident/${id}/1`,
      runId: 'run',
      credentialId: id,
      version: 1,
      stepKey: `${id}/contain`,
      plan: planResponse(credential, sampleAssessment(), policy),
      reason: 'it leaked',
    };
    const contained = await runActivity(activities.containVersion, input);
    await runActivity(activities.recordContainment, { ...input, stepKey: `${id}/record`, contained });
    await rig.deps.gateways.waitForRevision(contained.revision, AbortSignal.timeout(5_000));
    return { token, subject };
  }

  const modeOf = async (subject: Subject) => (await rig.deps.denylist.get(subject))?.entry.mode;

  async function detectionsOf(subject: Subject): Promise<DetectionMessage[]> {
    const manager = await jetstreamManager(nats);
    await manager.consumers.add('DETECTIONS', { durable_name: 'dispatcher', ack_policy: AckPolicy.None });
    const consumer = await jetstream(nats).consumers.get('DETECTIONS', 'dispatcher');
    const found: DetectionMessage[] = [];
    for await (const message of await consumer.fetch({ max_messages: 100, expires: 1_000 }))
      found.push(detectionMessage.parse(message.json()));
    return found.filter(({ detection }) => detection.subject === subject);
  }

  it('is closed from the beginning where dependents get no time', async () => {
    const { token, subject } = await containedCredential('lane-none', withOverlap(0));

    expect(await modeOf(subject)).toBe('known-contexts-only');
    expect(await ask(gateways[0], token, '/reports/1')).toBe(401);
    expect(await ask(gateways[1], token, '/reports/1')).toBe(401);
  });

  it('is closed at every gateway when somebody in it calls what the dependent never called, with evidence', async () => {
    const { token, subject } = await containedCredential('breached');
    const ordinary = await live(token);

    const admin = await ask(gateways[0], token, '/admin/users');
    const here = await ask(gateways[0], token, '/reports/1');
    const there = await eventually(
      () => ask(gateways[1], token, '/reports/1'),
      (status) => status === 401,
    );

    expect([[...ordinary], admin, here, there]).toEqual([[200], 401, 401, 401]);
    expect(await rig.deps.denylist.get(subject)).toMatchObject({
      entry: {
        status: 'quarantine',
        mode: 'deny-all',
        reason: expect.stringContaining('its lane was breached') as string,
      },
    });
    const [evidence] = await detectionsOf(subject);
    expect(evidence).toMatchObject({
      detection: {
        detector: 'lane-breach',
        family: 'lane',
        deterministic: false,
        reason:
          'its lane was breached: the context "breached-service" called GET /admin/users, which it never did before',
      },
      hold: { denylistRevision: expect.any(Number) as number },
    });
  });

  it('stays open for the ordinary life of a dependent', async () => {
    const { token, subject } = await containedCredential('quiet');

    const seen = [await live(token), await live(token), await live(token)];

    expect(seen.map((statuses) => [...statuses])).toEqual([[200], [200], [200]]);
    expect(await detectionsOf(subject)).toEqual([]);
    expect(await modeOf(subject)).toBe('known-contexts-only');
  });

  it('is not closed by the report of a gateway about what is not contained', async () => {
    const { credential } = await rig.addCredential('free', 'api-token');
    const { subjects } = await rig.deps.inventory.version(credential.id, 1);
    const forged = parseConfig('gateway', rig.deployment.environmentOf('gateway'));
    const gateway = await connectNats(forged, 'forger');
    const [subject] = subjects as [Subject];

    await forgeBreach(gateway, subject, forged.TOURNIQUET_PARTITIONS);
    const told = await eventually(
      () => detectionsOf(subject),
      (found) => found.length > 0,
    );

    expect(told).toMatchObject([{ detection: { detector: 'lane-breach' } }]);
    expect([told[0]?.hold, await rig.deps.denylist.get(subject)]).toEqual([undefined, undefined]);
    await gateway.close();
  });
});

async function forgeBreach(nats: NatsConnection, subject: Subject, partitions: number): Promise<void> {
  const use = { ...sampleUse({ afterMs: 0, subject, outcome: 'contained' }), at: Date.now() };
  const events = [sampleBreach(use, 'rate', '99999'), use];
  await jetstream(nats).publish(`usage.${partitionOf(subject, partitions)}`, JSON.stringify({ events }));
}
