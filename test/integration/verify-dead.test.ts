import { createActivities } from '../../activities';
import { startRig, type Rig } from '../../drills/rig';
import { runActivity } from '../support/run-activity';

describe('the proof that a version is dead', () => {
  let rig: Rig;

  beforeAll(async () => {
    rig = await startRig();
  });

  afterAll(async () => {
    await rig?.stop();
  });

  it('is given beside the version that lives, when the replacement has leaked and been replaced as well', async () => {
    const { credential } = await rig.addCredential('twice-leaked', 'api-token');
    const activities = createActivities(rig.deps);
    const of = (version: number, step: string) => ({
      incidentId: `incident/${credential.id}/${version}`,
      runId: 'run',
      credentialId: credential.id,
      version,
      stepKey: `${credential.id}/${version}/${step}`,
    });
    const second = await runActivity(activities.createReplacement, of(1, 'create'));
    const third = await runActivity(activities.createReplacement, of(second.version, 'create'));
    for (const version of [second.version, 1])
      await runActivity(activities.revokeVersion, { ...of(version, 'revoke'), reason: 'it leaked' });

    const { proof } = await runActivity(activities.verifyDead, { ...of(1, 'verify'), control: second.version });

    expect([third.version, proof]).toEqual([3, 'presented']);
    expect((await rig.deps.inventory.version(credential.id, 1)).provenDead).toBe(true);
  });
});
