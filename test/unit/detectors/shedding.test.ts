import type { PartitionEvent } from '../../../domain/usage-event';
import { defineDetector, NO_FINDINGS, type Detector } from '../../../detectors/detector';
import { SAMPLE_PLACES, SAMPLE_START, sampleControl, sampleUse, steadyLife } from '../../../detectors/sample-life';
import { DETECTORS } from '../../../detectors/registry';
import { foldAll } from './folding';

const pace = (afterMs: number, sheds: 'learning' | 'nothing'): PartitionEvent => ({
  kind: 'pace',
  id: `pace-${afterMs}`,
  at: SAMPLE_START + afterMs,
  sheds,
});

/** What a detector of each of two families is shown. */
function askedOf(events: readonly PartitionEvent[]): { readonly volume: number; readonly origin: number } {
  const asked = { volume: 0, origin: 0 };
  const counting = (family: 'volume' | 'origin'): Detector =>
    defineDetector({
      id: `counts-${family}`,
      family,
      parameters: {},
      initial: () => ({}),
      judge: () => {
        asked[family] += 1;
        return NO_FINDINGS;
      },
      samples: () => ({ positives: [], nearMisses: [] }),
    });
  foldAll(events, SAMPLE_PLACES, [counting('volume'), counting('origin')]);
  return asked;
}

describe.each(DETECTORS.map((detector) => [detector.id, detector] as const))('%s', (id, detector) => {
  // Earlier some have not learnt enough, and learning is what is shed.
  test.each([0.9, 0.97])('says what it says also where shedding began at %d of its life', (share) => {
    for (const { events, places, listed } of detector.samples().positives) {
      const said = (life: readonly PartitionEvent[]): readonly string[] =>
        foldAll(life, places, undefined, listed).messages.flatMap(({ detection }) =>
          detection.detector === id ? [detection.id] : [],
        );
      const begin = Math.floor(events.length * share);
      const shedding = pace((events[begin]?.at ?? SAMPLE_START) - SAMPLE_START, 'learning');

      expect(said([...events.slice(0, begin), shedding, ...events.slice(begin)])).toEqual(said(events));
    }
  });
});

describe('while a partition sheds learning', () => {
  const life = (count: number, afterMs: number) => steadyLife({ count, everyMs: 100, afterMs });

  test('nobody takes what was only counted for silence', () => {
    const hour = 3_600_000;
    const hourly = steadyLife({ count: 40 * 24, everyMs: hour });
    const told = foldAll(
      [pace(0, 'learning'), ...hourly, sampleUse({ afterMs: 40 * 24 * hour, agent: 'x/1' })],
      SAMPLE_PLACES,
    );

    expect(told.messages.map(({ detection }) => detection.detector)).not.toContain('dormant-awake');
  });

  test('what is exactly as before is only counted, and all are asked again afterwards', () => {
    expect(askedOf([...life(10, 0), pace(1_000, 'learning'), ...life(10, 1_000)])).toEqual({ volume: 20, origin: 11 });
    expect(askedOf([pace(0, 'learning'), ...life(10, 0), pace(1_000, 'nothing'), ...life(10, 1_000)])).toEqual({
      volume: 20,
      origin: 11,
    });
  });

  test.each([
    ['another network', { address: '198.51.100.20' }],
    ['another agent', { agent: 'curl/8.5.0' }],
    ['another action', { action: 'write' as const }],
    ['a refusal', { outcome: 'authorization' as const }],
  ])('%s is for all to judge', (_what, more) => {
    expect(askedOf([pace(0, 'learning'), ...life(10, 0), sampleUse({ afterMs: 1_000, ...more })]).origin).toBe(2);
  });

  test('so is a use that matches a rule, and one of what is listed', () => {
    const grave = { id: 'logging-stopped', title: 'Logging is stopped', level: 'high' as const };
    const matches = { ...sampleUse({ afterMs: 1_000 }), rules: [grave] };

    expect(askedOf([pace(0, 'learning'), ...life(10, 0), matches]).origin).toBe(2);
    expect(
      askedOf([pace(0, 'learning'), ...life(10, 0), sampleControl(950, 'leaked'), sampleUse({ afterMs: 1_000 })])
        .origin,
    ).toBe(2);
  });

  test('a theft, a flood and a revoked credential are told as ever', () => {
    const settled = steadyLife({ count: 400, everyMs: 50 });
    const theft = sampleUse({ afterMs: 21_000, address: '198.51.100.20', agent: 'sqlmap/1.7' });
    const flood = steadyLife({ count: 400, everyMs: 2, afterMs: 22_000, mark: 'flood' });
    const after = [sampleControl(24_000, 'revoked'), sampleUse({ afterMs: 25_000 })];
    const familiesOf = (events: readonly PartitionEvent[]) =>
      new Set(foldAll(events, SAMPLE_PLACES).messages.map(({ detection }) => detection.family));

    const told = familiesOf([...settled, pace(20_000, 'learning'), theft, ...flood, ...after]);

    expect(told).toEqual(familiesOf([...settled, theft, ...flood, ...after]));
    expect([...told]).toEqual(expect.arrayContaining(['origin', 'travel', 'volume', 'listed']));
  });
});
