import fc from 'fast-check';
import { join, tighten, sameRefusal, type DenylistEntry } from '../../../domain/denylist';
import { canonicalContexts, compileContexts } from '../../../domain/known-context';
import { publicIdSubject } from '../../../domain/subject';

/** Networks that are often within each other: few bits, all lengths, both families. */
const network = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }), fc.constantFrom(7, 8, 15, 16, 31, 32))
    .map(([a, b, bits]) => `${a}.${b}.0.${b}/${bits}`),
  fc
    .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }), fc.constantFrom(14, 16, 31, 32, 127, 128))
    .map(([a, b, bits]) => `200${a}:${b}::${b}/${bits}`),
  fc.ipV6(),
  fc.constantFrom('no network', '::ffff:10.0.0.1', '10.1.0.1'),
);
const endpoints = fc.option(fc.subarray(['GET /a', 'GET /b', 'POST /a']), { nil: undefined });
const context = fc.record({
  id: fc.constantFrom('a', 'b', 'c'),
  networks: fc.array(network, { maxLength: 4 }),
  endpoints,
});
const address = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }))
    .map(([a, b, c]) => `${a}.${b}.0.${c}`),
  fc
    .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }))
    .map(([a, b, c]) => `200${a}:${b}::${c}`),
  fc.constantFrom('10.1.0.1', '10.0.0.1'),
);

const entry: fc.Arbitrary<DenylistEntry> = fc
  .record({
    status: fc.constantFrom('hold' as const, 'quarantine' as const, 'revoked' as const),
    mode: fc.constantFrom('deny-all' as const, 'known-contexts-only' as const),
    allow: fc.array(context, { maxLength: 4 }),
    laneUntil: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
    lane: fc.option(fc.record({ maxPerMinute: fc.integer({ min: 1, max: 3 }) }), { nil: undefined }),
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

/** The same, in any epoch, and lifted ones. */
const anyEntry: fc.Arbitrary<DenylistEntry> = fc
  .tuple(entry, fc.integer({ min: 0, max: 2 }), fc.boolean())
  .map(([one, epoch, lifted]) => {
    const marked = epoch === 0 ? one : { ...one, epoch, liftedAt: epoch };
    return lifted ? { ...marked, status: 'lifted', mode: 'known-contexts-only', allow: [] } : marked;
  });

const LANE = {
  subject: publicIdSubject('p', 'x'),
  credentialId: 'c',
  version: 1,
  status: 'quarantine',
  mode: 'known-contexts-only',
  incidentId: 'incident/c/1',
  reason: 'r',
  since: 1,
} as const;

/** Whom an entry lets pass at a time: what "looser" means. */
function passes(one: DenylistEntry, from: string, now: number): boolean {
  if (one.status === 'lifted') return true;
  return (
    one.status !== 'revoked' &&
    one.mode === 'known-contexts-only' &&
    (one.laneUntil === undefined || now < one.laneUntil) &&
    compileContexts(canonicalContexts(one.allow))(from) !== undefined
  );
}

const refusal = ({
  status,
  mode,
  allow,
  laneUntil,
  lane,
  adoptBy,
  since,
  epoch,
  liftedAt,
}: DenylistEntry): unknown => ({
  status,
  mode: status === 'revoked' ? 'deny-all' : mode,
  epoch: epoch ?? 0,
  liftedAt,
  allow: canonicalContexts(allow),
  laneUntil,
  lane,
  adoptBy,
  since,
});

describe('tighten', () => {
  it('never lets through whom either entry refuses', () => {
    fc.assert(
      fc.property(
        entry,
        entry,
        address,
        fc.integer({ min: 0, max: 6 }),
        (a, b, from, now) => !passes(tighten(a, b), from, now) || (passes(a, from, now) && passes(b, from, now)),
      ),
      { numRuns: 500 },
    );
  });

  it('lets a context pass from where both entries let it pass, and from nowhere else', () => {
    const lane = fc.tuple(fc.array(network), fc.array(network)).map(([a, b]) => [
      { ...LANE, allow: [{ id: 'a', networks: a }] },
      { ...LANE, allow: [{ id: 'a', networks: b }] },
    ]);
    fc.assert(
      fc.property(lane, address, ([a, b], from) => {
        expect(passes(tighten(a, b as DenylistEntry), from, 0)).toBe(
          passes(a as DenylistEntry, from, 0) && passes(b as DenylistEntry, from, 0),
        );
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [['10.0.0.0/8'], ['10.1.1.1/32'], ['10.1.1.1/32']],
    [['10.1.1.1'], ['10.0.0.0/8', '192.0.2.0/24'], ['10.1.1.1/32']],
    [['2001:db8::/32'], ['2001:db8:1::/48', '10.0.0.0/8'], ['2001:db8:1::/48']],
    [['10.0.0.0/8'], ['192.0.2.0/24'], undefined],
  ])('of %j and %j keeps %j', (a, b, both) => {
    const tightened = tighten(
      { ...LANE, allow: [{ id: 'a', networks: a }] },
      { ...LANE, allow: [{ id: 'a', networks: b }] },
    );

    expect(tightened.allow.map(({ networks }) => networks)).toEqual(both === undefined ? [] : [both]);
  });

  it('tells narrower networks of the same context from wider ones', () => {
    const wide = { ...LANE, allow: [{ id: 'a', networks: ['10.0.0.0/8'] }] };
    const narrow = { ...LANE, allow: [{ id: 'a', networks: ['10.1.0.0/16'] }] };

    expect(sameRefusal(wide, tighten(wide, narrow))).toBe(false);
    expect(sameRefusal(narrow, tighten(narrow, wide))).toBe(true);
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

describe('join', () => {
  const epochOf = ({ epoch = 0 }: DenylistEntry): number => epoch;

  it('gives the same in any order of the replicas, and nothing new the second time', () => {
    fc.assert(
      fc.property(anyEntry, anyEntry, anyEntry, (a, b, c) => {
        expect(refusal(join(join(a, b), c))).toEqual(refusal(join(a, join(b, c))));
        expect(refusal(join(a, b))).toEqual(refusal(join(b, a)));
        expect(sameRefusal(join(a, b), join(join(a, b), b))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('lets nobody through whom a replica refuses, unless another one was lifted since', () => {
    fc.assert(
      fc.property(
        fc.array(anyEntry, { minLength: 1, maxLength: 5 }),
        address,
        fc.integer({ min: 0, max: 6 }),
        (all, from, now) => {
          const met = all.reduce(join);
          const latest = Math.max(...all.map(epochOf));
          const mayPass = all.filter((one) => one.status !== 'revoked' && epochOf(one) === latest);
          const isRevoked = all.some(({ status }) => status === 'revoked');

          if (isRevoked) expect(passes(met, from, now)).toBe(false);
          else if (passes(met, from, now)) expect(mayPass.every((one) => passes(one, from, now))).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });
});
