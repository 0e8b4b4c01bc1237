import fc from 'fast-check';
import { wavesOf } from '../../../domain/waves';

type Dependent = Parameters<typeof wavesOf>[0][number];

const dependents = fc.uniqueArray(
  fc.record({ id: fc.string({ minLength: 1, maxLength: 4 }), criticality: fc.constantFrom(1, 2, 3) }),
  { selector: ({ id }) => id, maxLength: 12 },
) as fc.Arbitrary<Dependent[]>;

describe('the waves of dependents', () => {
  it('are one canary, the least critical, and then from less to more critical', () => {
    const estate: Dependent[] = [
      { id: 'checkout', criticality: 1 },
      { id: 'billing', criticality: 1 },
      { id: 'reports', criticality: 2 },
      { id: 'wiki', criticality: 3 },
      { id: 'blog', criticality: 3 },
    ];

    expect(wavesOf(estate)).toEqual([['blog'], ['wiki'], ['reports'], ['billing', 'checkout']]);
  });

  it.each([
    [[], []],
    [[{ id: 'a', criticality: 1 }], [['a']]],
  ] as const)('of %j are %j', (estate, waves) => expect(wavesOf(estate)).toEqual(waves));

  it('move every dependent exactly once, and never a more critical one before a less critical', () => {
    fc.assert(
      fc.property(dependents, (estate) => {
        const waves = wavesOf(estate);
        const criticalityOf = new Map(estate.map(({ id, criticality }) => [id, criticality]));
        const ofWaves = waves.map((wave) => [...new Set(wave.map((id) => criticalityOf.get(id)))]);

        expect(waves.flat().sort()).toEqual(estate.map(({ id }) => id).sort());
        for (const criticalities of ofWaves) expect(criticalities).toHaveLength(1);
        expect(ofWaves.flat()).toEqual(ofWaves.flat().sort((a, b) => Number(b) - Number(a)));
        expect(waves[0]?.length ?? 1).toBe(1);
      }),
    );
  });

  it('are the same however the inventory orders them, so that a replay agrees', () => {
    const shuffled = dependents.chain((estate) =>
      fc.tuple(fc.constant(estate), fc.shuffledSubarray(estate, { minLength: estate.length })),
    );
    fc.assert(fc.property(shuffled, ([estate, again]) => expect(wavesOf(again)).toEqual(wavesOf(estate))));
  });
});
