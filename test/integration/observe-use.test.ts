import { request } from 'node:http';
import { createActivities, type Activities } from '../../activities';
import type { ObservedUse } from '../../activities/use';
import { DEFAULT_POLICY } from '../../domain/policy';
import { planResponse } from '../../domain/response-plan';
import { parseMaterial } from '../../domain/secret-material';
import { startRig, type Rig } from '../../drills/rig';
import { openBucket } from '../../enforcement/buckets';
import { mirrorInventory } from '../../enforcement/inventory-kv';
import { eventually } from '../support/eventually';
import { sampleAssessment } from '../support/fake-activities';
import { runActivity } from '../support/run-activity';

const ID = 'shared-token';
const SERVICE = `${ID}-service`;
/** Addresses of this machine, each of which is another service. */
const [SERVICE_AT, CRON_AT, THIEF_AT] = ['127.0.0.1', '127.0.0.2', '127.0.0.3'] as const;

/** A gateway and the detection worker, real, and three users of one token. */
describe('what is seen of a credential with an open incident', () => {
  let rig: Rig;
  let activities: Activities;

  beforeAll(async () => {
    rig = await startRig();
    activities = createActivities(rig.deps);
    await rig.deployment.start(['detection']);
    await rig.addCredential(ID, 'api-token', {
      knownContexts: [
        { id: 'service', networks: [`${SERVICE_AT}/32`], dependent: SERVICE },
        { id: 'cron', networks: [`${CRON_AT}/32`] },
      ],
    });
  });

  afterAll(async () => {
    await rig?.stop();
  });

  const step = (name: string) => ({
    incidentId: `incident/${ID}/1`,
    runId: 'run',
    credentialId: ID,
    version: 1,
    stepKey: `${ID}/${name}`,
  });

  async function tokenOf(version: number): Promise<string> {
    const { secret } = await rig.deps.inventory.version(ID, version);
    return parseMaterial('api-token', await rig.deps.secrets.get(secret)).token;
  }

  function use(token: string, localAddress: string): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}` };
      const asking = request(`${rig.deployment.gatewayUrl}/authorize`, { localAddress, headers }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      });
      asking.on('error', reject).end();
    });
  }

  const observe = (of: number, since: number) => runActivity(activities.observeUse, { ...step('observe'), of, since });
  const until = (of: number, since: number, enough: (seen: ObservedUse) => boolean) =>
    eventually(() => observe(of, since), enough, 10_000);
  const named = ({ contexts }: ObservedUse) => contexts.map(({ context }) => context);

  async function contain(): Promise<void> {
    const plan = planResponse(await rig.deps.inventory.credential(ID), sampleAssessment(), DEFAULT_POLICY);
    const input = { ...step('contain'), plan, reason: 'it leaked' };
    const contained = await runActivity(activities.containVersion, input);
    await runActivity(activities.recordContainment, { ...input, stepKey: `${ID}/record`, contained });
    // The detection worker hears of it when we do.
    const inventory = await mirrorInventory(await openBucket(rig.nats, 'inventory'), () => undefined);
    await eventually(() => inventory.isContained(ID), Boolean);
    inventory.stop();
    await new Promise((resolve) => setTimeout(resolve, 300));
  }

  it('tells who still uses the old one, whom nobody registered, and who uses the new one', async () => {
    const old = await tokenOf(1);
    expect(await observe(1, 0)).toMatchObject({ visible: false, contexts: [] });
    await contain();
    const since = Date.now();

    const answers = [await use(old, SERVICE_AT), await use(old, CRON_AT), await use(old, THIEF_AT)];
    const seen = await until(1, since, ({ contexts }) => contexts.length === 3);

    expect(answers).toEqual([200, 200, 401]);
    expect(seen).toMatchObject({
      visible: true,
      contexts: [
        { context: 'cron', registered: false, accepted: 1, failed: 0 },
        { context: 'elsewhere', registered: false, accepted: 0, failed: 1 },
        { context: 'service', dependent: SERVICE, registered: true, accepted: 1, failed: 0 },
      ],
    });
    expect(await observe(1, Date.now())).toMatchObject({ visible: true, contexts: [] });

    const { version } = await runActivity(activities.createReplacement, step('replace'));
    const fresh = await tokenOf(version);
    expect(await observe(version, 0)).toMatchObject({ visible: true, contexts: [] });
    const movedAt = Date.now();
    await use(fresh, SERVICE_AT);
    await use(old, CRON_AT);

    const [onNew, onOld] = [
      await until(version, movedAt, ({ contexts }) => contexts.length === 1),
      await until(1, movedAt, ({ contexts }) => contexts.length === 1),
    ];
    expect([named(onNew), named(onOld)]).toEqual([['service'], ['cron']]);
    expect(onNew.contexts[0]?.lastAcceptedAt).toBeGreaterThanOrEqual(movedAt);
  });
});
