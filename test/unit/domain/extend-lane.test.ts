import fc from 'fast-check';
import { epochOf, sameRefusal, tighten, type DenylistEntry } from '../../../domain/denylist';
import { extendLane } from '../../../domain/extend-lane';
import { lift, merge } from '../../../domain/lift';
import { namedRefusal } from '../../support/sample-refusal';

const OFFICE = { id: 'office', networks: ['203.0.113.0/24'] };
const lane = (more: Partial<DenylistEntry> = {}): DenylistEntry =>
  namedRefusal('a', { mode: 'known-contexts-only', allow: [OFFICE], laneUntil: 10_000, since: 100, ...more });

const EXTENSION = { at: 5_000, seconds: 60 };

describe('an extension of a lane', () => {
  it('lets the known contexts go on for longer, and nobody else', () => {
    expect(extendLane(lane(), EXTENSION)).toEqual({ ...lane(), laneUntil: 70_000, epoch: 1, liftedAt: 5_000 });
  });

  it('of one that is closed already opens it from now on', () => {
    expect(extendLane(lane({ laneUntil: 1_000 }), EXTENSION).laneUntil).toBe(65_000);
  });

  it('is carried out once, however often it is tried', () => {
    const extended = extendLane(lane(), EXTENSION);

    expect(extendLane(extended, EXTENSION)).toBe(extended);
    expect(extendLane(extended, { at: 6_000, seconds: 60 })).toMatchObject({ laneUntil: 130_000, epoch: 2 });
  });

  it.each([
    ['is refused to everybody', lane({ mode: 'deny-all', allow: [] })],
    ['has no lane', lane({ laneUntil: undefined })],
    ['is only held', lane({ status: 'hold' })],
    ['is revoked', lane({ status: 'revoked' })],
    ['was lifted', lift(lane(), { ...lane(), at: 200 })],
  ])('changes nothing of what %s', (_what, entry) => expect(extendLane(entry, EXTENSION)).toBe(entry));

  it('reaches replicas that know only what was before it, whoever meets whom', () => {
    const until = fc.integer({ min: 1, max: 20_000 });
    const since = fc.integer({ min: 1, max: 4_999 });
    fc.assert(
      fc.property(fc.array(fc.tuple(until, since), { minLength: 1, maxLength: 4 }), (demands) => {
        const entries = demands.map(([laneUntil, at]) => lane({ laneUntil, since: at }));
        const extended = extendLane(entries.reduce<DenylistEntry>(tighten, entries[0] as DenylistEntry), EXTENSION);

        for (const old of entries) {
          for (const met of [merge(extended, old), merge(old, extended), tighten(extended, old)])
            expect(sameRefusal(met, extended)).toBe(true);
        }
      }),
    );
  });

  it('is tightened again by what is demanded after it, and never loosened by that', () => {
    const extended = extendLane(lane(), EXTENSION);
    const shorter = tighten(extended, lane({ since: 6_000, laneUntil: 20_000 }));
    const toAll = tighten(extended, lane({ since: 6_000, mode: 'deny-all', allow: [] }));

    expect(shorter).toMatchObject({ laneUntil: 20_000, epoch: 1 });
    expect(toAll).toMatchObject({ mode: 'deny-all', allow: [], epoch: 1 });
    expect(tighten(extended, lane({ since: 6_000, laneUntil: 99_000 })).laneUntil).toBe(70_000);
    // Replicas agree on it, also with what was before the extension.
    for (const met of [merge(toAll, extended), merge(extended, toAll), merge(merge(toAll, lane()), extended)])
      expect([met.mode, epochOf(met)]).toEqual(['deny-all', 1]);
  });

  it('is later than what it extends, by the clock of whoever wrote that', () => {
    const ahead = lane({ since: 9_000 });
    const extended = extendLane(ahead, EXTENSION);

    expect(extended.liftedAt).toBe(9_000);
    expect(merge(extended, ahead).laneUntil).toBe(70_000);
    expect(extendLane(extended, EXTENSION)).toBe(extended);
  });

  it('brings nothing back that is revoked', () => {
    const [extended, revoked] = [
      extendLane(lane(), EXTENSION),
      lane({ status: 'revoked', mode: 'deny-all', allow: [] }),
    ];

    for (const met of [merge(extended, revoked), merge(revoked, extended), tighten(extended, revoked)])
      expect(met).toMatchObject({ status: 'revoked', mode: 'deny-all', allow: [] });
  });
});
