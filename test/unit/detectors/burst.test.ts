import fc from 'fast-check';
import { burstNumbers, burstOf, countIn, countOf, NO_BURST } from '../../../detectors/burst';
import { privilegeProbing } from '../../../detectors/privilege-probing';
import { ruleMatch } from '../../../detectors/rule-match';
import { SAMPLE_PLACES, sampleUse } from '../../../detectors/sample-life';
import type { UsageEvent } from '../../../domain/usage-event';
import { foldAll } from './folding';

const WINDOW = 300_000;
const MINUTE = 60_000;

test('all of one window count, whenever it began, and nothing that is over a fifth of one older', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4 * WINDOW }), { minLength: 1, maxLength: 60 }), (offsets) => {
      const times = [...offsets].sort((a, b) => a - b).map((offset) => 1e12 + offset);
      const last = times.at(-1) ?? 0;
      const burst = times.reduce((before, at) => countIn(burstOf(burstNumbers(before)), at, WINDOW), NO_BURST);
      const within = (ms: number) => times.filter((at) => last - at <= ms).length;

      expect(countOf(burst)).toBeGreaterThanOrEqual(within(WINDOW));
      expect(countOf(burst)).toBeLessThanOrEqual(within(WINDOW * 1.2));
    }),
  );
});

const secret = (afterMs: number, name: string): UsageEvent => ({
  ...sampleUse({ afterMs, mark: name }),
  rules: [{ id: 'r', title: 'Secrets', level: 'informational', burst: 20, objects: [name] }],
});
const denied = (afterMs: number, mark: string) => sampleUse({ afterMs, mark, outcome: 'authorization' });
const told = (events: readonly UsageEvent[]) =>
  foldAll(events, SAMPLE_PLACES, [ruleMatch, privilegeProbing]).messages.length;

test.each([
  ['twenty secrets', (index: number) => secret(10 * MINUTE + index * 500, `s${index}`), 20],
  ['ten refusals', (index: number) => denied(10 * MINUTE + index * 500, `d${index}`), 10],
])('%s are told, though late ones come between them', (_title, one, count) => {
  const late = (index: number) => ({ ...one(1_000 + index), at: one(0).at - 6 * MINUTE });
  const events = Array.from({ length: count }, (_, index) =>
    index % 4 === 3 ? [one(index), late(index)] : [one(index)],
  );

  expect(told(events.flat())).toBe(1);
  expect(told(events.flat().filter(({ id }) => id !== one(0).id))).toBe(0);
});

test('a burst is told wherever the one use before it stands', () => {
  for (let before = 0; before < WINDOW; before += 10_000) {
    const burst = Array.from({ length: 20 }, (_, index) => secret(10 * MINUTE + index * 6_000, `s${index}`));

    expect(told([secret(10 * MINUTE - before, 'own'), ...burst])).toBe(1);
  }
});
