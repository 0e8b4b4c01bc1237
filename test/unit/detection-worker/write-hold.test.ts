import type { InventoryRecord } from '../../../domain/credential';
import { tighten, type DenylistEntry } from '../../../domain/denylist';
import type { DetectionMessage } from '../../../domain/detection';
import { lift } from '../../../domain/lift';
import { DEFAULT_POLICY } from '../../../domain/policy';
import { createHold } from '../../../workers/detection/write-hold';
import { sampleAssessment } from '../../support/fake-activities';
import { namedRefusal } from '../../support/sample-refusal';

const { subject } = namedRefusal('a');
const RECORD = {
  subject,
  credentialId: 'a',
  version: 1,
  knownContexts: [{ id: 'office', networks: ['10.0.0.0/8'] }],
} as unknown as InventoryRecord;
const messageOf = (family: string, at: number): DetectionMessage =>
  ({ detection: { subject, at, family, reason: 'its lane was breached' }, assessment: sampleAssessment() }) as never;

/** A denylist in memory, and what the detection side was told to be in force. */
function world(listed: DenylistEntry | undefined) {
  const state: { entry: DenylistEntry | undefined; holds: number } = { entry: listed, holds: 0 };
  const write = (entry: DenylistEntry) => ({ revision: 7, at: 1, entry });
  const hold = createHold(
    {
      tighten(entry) {
        state.entry = tighten(state.entry, entry);
        return Promise.resolve(write(state.entry));
      },
      get: () => Promise.resolve(state.entry && write(state.entry)),
    },
    DEFAULT_POLICY,
    () => (state.holds += 1),
  );
  return { state, hold };
}

const lane = namedRefusal('a', { mode: 'known-contexts-only', allow: [{ id: 'office', networks: ['10.0.0.0/8'] }] });
const lifted = lift(namedRefusal('a'), { ...namedRefusal('a'), at: 500 });

describe('the hold of the detection side', () => {
  it('is of the time of the event, whenever it is written, and leaves known contexts their lane', async () => {
    const { state, hold } = world(undefined);

    await expect(hold(messageOf('origin', 600), RECORD)).resolves.toEqual({ denylistRevision: 7, at: 1 });

    expect(state.entry).toMatchObject({ status: 'hold', mode: 'known-contexts-only', since: 600 });
  });

  it('is none of what a person lifted after the event; a later event refuses again', async () => {
    const { state, hold } = world(lifted);

    await expect(hold(messageOf('origin', 400), RECORD)).resolves.toBeUndefined();
    const after = state.holds;
    await hold(messageOf('origin', 600), RECORD);

    expect([after, state.holds, state.entry?.status]).toEqual([0, 1, 'hold']);
  });

  it('closes a lane that was breached, and only what has one', async () => {
    const [contained, free, again] = [world(lane), world(undefined), world(lifted)];

    for (const { hold } of [contained, free, again]) await hold(messageOf('lane', 600), RECORD);

    expect(contained.state.entry).toMatchObject({
      status: 'quarantine',
      mode: 'deny-all',
      reason: 'its lane was breached',
    });
    expect([free.state.entry, again.state.entry]).toEqual([undefined, lifted]);
    expect([contained.state.holds, free.state.holds, again.state.holds]).toEqual([1, 0, 0]);
  });
});
