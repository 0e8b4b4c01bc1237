import fc from 'fast-check';
import { epochOf, tighten, type DenylistEntry } from '../../../domain/denylist';
import { lift, merge, type Lift } from '../../../domain/lift';
import { namedRefusal } from '../../support/sample-refusal';

const LIFT: Omit<Lift, 'at'> = {
  subject: namedRefusal('a').subject,
  credentialId: 'a',
  version: 1,
  incidentId: 'incident/a/1',
  reason: 'it was our own test',
};
const liftAt = (current: DenylistEntry | undefined, at: number) => lift(current, { ...LIFT, at });

const time = fc.integer({ min: 1, max: 20 });
const demand = fc
  .record({
    status: fc.constantFrom('hold' as const, 'quarantine' as const),
    mode: fc.constantFrom('deny-all' as const, 'known-contexts-only' as const),
    since: time,
  })
  .map((more) => namedRefusal('a', more));

describe('a lift', () => {
  it('outranks what was refused before it, whoever meets whom, and how often', () => {
    fc.assert(
      fc.property(fc.array(demand, { minLength: 1, maxLength: 4 }), (demands) => {
        const refused = demands.reduce<DenylistEntry | undefined>(tighten, undefined);
        const lifted = liftAt(refused, 50);

        for (const old of [...demands, refused as DenylistEntry]) {
          expect([merge(lifted, old).status, merge(old, lifted).status]).toEqual(['lifted', 'lifted']);
          expect(tighten(lifted, old)).toBe(lifted);
        }
      }),
    );
  });

  it('is outranked by what is demanded after it, and by nothing that is older', () => {
    fc.assert(
      fc.property(demand, demand, time, (before, again, at) => {
        const lifted = liftAt(before, at);
        const after = tighten(lifted, again);

        expect(after.status === 'lifted').toBe(again.since <= (lifted.liftedAt ?? 0));
        if (after.status !== 'lifted') expect([after.mode, epochOf(after)]).toEqual([again.mode, 1]);
        // Told again of what was before the lift, in any order, it stays what it is.
        expect(merge(merge(after, before), lifted).status).toBe(after.status);
      }),
    );
  });

  it('is newer than what it lifts, by the clock of whoever wrote that', () => {
    const lifted = liftAt(namedRefusal('a', { since: 900 }), 500);

    expect(tighten(lifted, namedRefusal('a', { since: 900 })).status).toBe('lifted');
    expect(tighten(lifted, namedRefusal('a', { since: 901 })).status).toBe('quarantine');
  });

  it('changes nothing the second time, not even what was refused again since', () => {
    const lifted = liftAt(namedRefusal('a'), 500);
    const refusedAgain = tighten(lifted, namedRefusal('a', { since: 600 }));

    expect(liftAt(lifted, 500)).toBe(lifted);
    expect(liftAt(refusedAgain, 500)).toBe(refusedAgain);
    expect(liftAt(refusedAgain, 700)).toMatchObject({ status: 'lifted', epoch: 2, liftedAt: 700 });
  });

  it('is refused of what is revoked, which no replica brings back and no time settles', () => {
    const revoked = namedRefusal('a', { status: 'revoked' });
    const lifted = liftAt(namedRefusal('a'), 500);

    expect(() => liftAt(revoked, 500)).toThrow(/^CONTAINMENT_FINAL/);
    expect([merge(lifted, revoked).status, merge(revoked, lifted).status]).toEqual(['revoked', 'revoked']);
    expect(tighten(lifted, revoked).status).toBe('revoked');
  });

  it('does not swallow a refusal by somebody who had lost it and decided later', () => {
    const lifted = liftAt(namedRefusal('a'), 500);
    const unknowing = namedRefusal('a', { status: 'hold', since: 600 });

    for (const met of [merge(lifted, unknowing), merge(unknowing, lifted)])
      expect(met).toMatchObject({ status: 'hold', epoch: 1, liftedAt: 500 });
  });
});
