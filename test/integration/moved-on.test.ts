import { createActivities, type Activities } from '../../activities';
import { startRig, type Rig } from '../../drills/rig';
import { eventually } from '../support/eventually';
import { runActivity } from '../support/run-activity';

describe('a dependent whose replacement leaked as well', () => {
  let rig: Rig;
  let activities: Activities;

  beforeAll(async () => {
    rig = await startRig();
    activities = createActivities(rig.deps);
  });

  afterAll(async () => {
    await rig?.stop();
  });

  /** Two incidents: the first moved its dependent from version 1 to 2. */
  async function movedOnce(id: string) {
    const { credential, usedVersion } = await rig.addCredential(id, 'api-token');
    const step = (version: number, name: string) => ({
      incidentId: `incident/${id}/${version}`,
      runId: 'run',
      credentialId: id,
      version,
      stepKey: `${id}/${version}/${name}`,
    });
    const move = (of: number, to: number, name = 'move') => ({
      ...step(of, `${name}.${to}`),
      dependentId: credential.dependents[0]?.id ?? '',
      to,
    });
    await runActivity(activities.createReplacement, step(1, 'create'));
    await runActivity(activities.moveDependent, move(1, 2));
    expect(usedVersion()).toBe(2);
    return { step, move, usedVersion };
  }

  it('is neither moved nor sent back by the first incident when the second has moved it on', async () => {
    const { step, move, usedVersion } = await movedOnce('moved-on');
    await runActivity(activities.createReplacement, step(2, 'create'));
    await runActivity(activities.moveDependent, move(2, 3));
    await runActivity(activities.revokeVersion, { ...step(2, 'revoke'), reason: 'it leaked, too' });

    const { detail } = await runActivity(activities.moveDependent, move(1, 2, 'again'));
    await runActivity(activities.restoreDependent, move(1, 1, 'restore'));

    expect([detail, usedVersion()]).toEqual(['works on the later version 3', 3]);
  });

  it('is sent back from what its own incident minted, though a version in between was refused', async () => {
    const { step, move, usedVersion } = await movedOnce('in-between');
    await runActivity(activities.createReplacement, step(1, 'create.again'));
    await runActivity(activities.moveDependent, move(1, 3));
    await runActivity(activities.revokeVersion, { ...step(2, 'revoke'), reason: 'it leaked, too' });

    await runActivity(activities.restoreDependent, { ...move(1, 1, 'restore'), from: 3 });

    expect(await eventually(usedVersion, (version) => version === 1)).toBe(1);
  });

  it('is sent back by its own incident as ever', async () => {
    const { move, usedVersion } = await movedOnce('sent-back');

    await runActivity(activities.restoreDependent, move(1, 1, 'restore'));

    expect(await eventually(usedVersion, (version) => version === 1)).toBe(1);
  });

  it('has a replacement that is tested before it is adopted', async () => {
    const { step } = await movedOnce('adopted');
    const test = () => runActivity(activities.testReplacement, { ...step(1, 'test'), replacement: 2 });
    await expect(test()).resolves.toBeUndefined();

    await runActivity(activities.revokeVersion, { ...step(2, 'revoke'), reason: 'ended by hand' });

    await expect(test()).rejects.toMatchObject({ type: 'REPLACEMENT_REJECTED' });
  });
});
