import fc from 'fast-check';
import { tighten, sameRefusal, type DenylistEntry } from '../../../domain/denylist';
import { publicIdSubject } from '../../../domain/subject';

const CONTEXTS = ['a', 'b', 'c'].map((id, n) => ({ id, networks: [`192.0.2.${n}/32`] }));

const entry: fc.Arbitrary<DenylistEntry> = fc
  .record({
    status: fc.constantFrom('hold' as const, 'quarantine' as const, 'revoked' as const),
    mode: fc.constantFrom('deny-all' as const, 'known-contexts-only' as const),
    allow: fc.subarray(CONTEXTS),
    laneUntil: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
    adoptBy: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
    since: fc.integer({ min: 1, max: 5 }),
  })
  .map((parts) => ({
    ...parts,
    subject: publicIdSubject('p', 'x'),
    credentialId: 'c',
    version: 1,
    incidentId: 'incident/c/1',
    reason: 'r',
  }));

/** Whom an entry lets pass at a time: what "looser" means. */
function passes(one: DenylistEntry, context: string, now: number): boolean {
  return (
    one.status !== 'revoked' &&
    one.mode === 'known-contexts-only' &&
    (one.laneUntil === undefined || now < one.laneUntil) &&
    one.allow.some(({ id }) => id === context)
  );
}

const refusal = ({ status, mode, allow, laneUntil, adoptBy, since }: DenylistEntry): unknown => ({
  status,
  mode,
  allow: allow.map(({ id }) => id),
  laneUntil,
  adoptBy,
  since,
});

describe('tighten', () => {
  it('never lets through whom either entry refuses', () => {
    fc.assert(
      fc.property(
        entry,
        entry,
        fc.constantFrom('a', 'b', 'c'),
        fc.integer({ min: 0, max: 6 }),
        (a, b, context, now) => {
          return !passes(tighten(a, b), context, now) || (passes(a, context, now) && passes(b, context, now));
        },
      ),
    );
  });

  it('gives the same refusal in any order of the writers', () => {
    fc.assert(
      fc.property(entry, entry, entry, (a, b, c) => {
        expect(refusal(tighten(tighten(a, b), c))).toEqual(refusal(tighten(a, tighten(b, c))));
        expect(refusal(tighten(a, b))).toEqual(refusal(tighten(b, a)));
      }),
    );
  });

  it('changes nothing the second time', () => {
    fc.assert(fc.property(entry, entry, (a, b) => sameRefusal(tighten(a, b), tighten(tighten(a, b), b))));
  });

  it('drops the expiry of a hold that is adopted', () => {
    const hold = {
      subject: publicIdSubject('p', 'x'),
      credentialId: 'c',
      version: 1,
      status: 'hold',
      mode: 'deny-all',
      allow: [],
      adoptBy: 9,
      incidentId: 'i',
      reason: 'r',
      since: 1,
    } as const;

    expect(
      tighten({ ...hold, allow: [] }, { ...hold, allow: [], status: 'quarantine', adoptBy: undefined }).adoptBy,
    ).toBeUndefined();
  });
});
