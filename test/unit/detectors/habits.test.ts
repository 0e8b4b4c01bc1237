import type { UsageEvent } from '../../../domain/usage-event';
import type { Detector } from '../../../detectors/detector';
import { addWeek, fade, NO_HOURS, slotOf, SLOTS_OF_WEEK, weeksAround } from '../../../detectors/hours-of-week';
import { locatedUse, NOWHERE } from '../../../detectors/located-event';
import { offHours } from '../../../detectors/off-hours';
import { emptySubject } from '../../../detectors/partition-state';
import { rateRamp } from '../../../detectors/rate-ramp';
import { rateSpike } from '../../../detectors/rate-spike';
import { numbersOf, placeRows, takeInHand, type RowValues } from '../../../detectors/rows';
import { SAMPLE_START, SAMPLE_SUBJECT, sampleUse, steadyLife } from '../../../detectors/sample-life';
import { sequenceRarity } from '../../../detectors/sequence-rarity';
import { newSubjectInHand, rowsOf } from './folding';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * What a detector alone makes of events, each clean unless it speaks; `skipped` says how many were not shown to it before each. `before` stays as
 * it is.
 */
function fold(detector: Detector, events: readonly UsageEvent[], before: RowValues = {}, skipped = 0) {
  const subject = { ...emptySubject(SAMPLE_SUBJECT), numbers: numbersOf({ [detector.id]: before }) };
  takeInHand(subject);
  let [told, cleanUses] = [0, 0];
  for (const event of events) {
    cleanUses += skipped;
    const located = locatedUse(event, NOWHERE, [], subject.seed);
    const facts = { listed: 'none', listedAt: 0, breach: undefined, cleanUses, cleanSince: SAMPLE_START } as const;
    const speaks = detector.judge(located, { ...facts, suspectedBy: [] }).length > 0;
    detector.remember?.(located, { ...facts, suspectedBy: speaks ? [detector.family] : [] });
    told += speaks ? 1 : 0;
    cleanUses += speaks ? 0 : 1;
  }
  return { rows: rowsOf(subject, detector.id), told };
}

function bytesOf(rows: RowValues): number {
  return JSON.stringify(rows).length;
}

/** The events of its first sample: a life of days, and what it must speak on. */
function positive(detector: Detector): UsageEvent[] {
  return (detector.samples().positives[0]?.events ?? []).filter((event) => event.kind === 'usage');
}

describe('rate-ramp', () => {
  const busy = (day: number, everyMs: number) =>
    steadyLife({ count: 7_200_000 / everyMs, everyMs, afterMs: day * DAY_MS });
  const usual = [0, 1, 2].flatMap((day) => busy(day, 15_000));

  test('what goes on day after day is told for some days, and usual then', () => {
    let { rows } = fold(rateRamp, usual);
    const toldOn = Array.from({ length: 6 }, (_, day) => {
      const result = fold(rateRamp, busy(3 + day, 3_000), rows);
      rows = result.rows;
      return result.told > 0;
    });

    expect(toldOn).toEqual([true, true, true, false, false, false]);
  });

  test.each([1, 2])('ordinary work after three days of %i uses a quarter is told, and usual in the end', (uses) => {
    const quiet = [0, 1, 2].flatMap((day) => busy(day, 900_000 / uses));
    let { rows } = fold(rateRamp, quiet);
    // 120 uses in a quarter.
    const toldOn = Array.from({ length: 40 }, (_, day) => {
      const result = fold(rateRamp, busy(3 + day, 7_500), rows);
      rows = result.rows;
      return result.told > 0;
    });

    expect(toldOn[0]).toBe(true);
    expect(toldOn.at(-1)).toBe(false);
  });

  test('a use late by half an hour changes nothing', () => {
    const { rows } = fold(rateRamp, usual);

    expect(fold(rateRamp, [sampleUse({ afterMs: 2 * DAY_MS + HOUR_MS })], rows).rows).toEqual(rows);
  });
});

describe('off-hours', () => {
  test('a busy slot costs nothing once it is counted, and a late use nothing ever', () => {
    const { rows } = fold(offHours, steadyLife({ count: 10, everyMs: 1_000, afterMs: DAY_MS }));

    const late = [sampleUse({ afterMs: DAY_MS + HOUR_MS }), sampleUse({ afterMs: 0 })];
    expect(fold(offHours, late, rows).rows).toEqual(rows);
  });

  test('what was told twice is usual the third time it comes', () => {
    const uses = positive(offHours);
    let { rows } = fold(offHours, uses.slice(0, -12));
    const told = [2, 3, 4].map((week) => {
      const result = fold(
        offHours,
        uses.slice(-12).map((use) => ({ ...use, at: use.at + week * 7 * DAY_MS })),
        rows,
      );
      rows = result.rows;
      return result.told > 0;
    });

    expect(told).toEqual([true, true, false]);
  });

  test('weeks of a slot are counted up to three, beside those of its neighbours, and fade', () => {
    const { hours } = placeRows('test', { hours: NO_HOURS });
    newSubjectInHand();
    const slot = slotOf(SAMPLE_START);
    for (const week of [0, 1, 2, 3, 4]) addWeek(hours, slot + week * SLOTS_OF_WEEK);

    expect([-2, -1, 0, 1, 2].map((off) => weeksAround(hours, slot + off))).toEqual([0, 3, 3, 3, 0]);
    addWeek(hours, slot + 1);
    expect(weeksAround(hours, slot)).toBe(4);
    fade(hours);
    expect(weeksAround(hours, slot)).toBe(2);
    fade(hours);
    fade(hours);
    expect(hours.toArray()).toEqual(NO_HOURS);
  });
});

describe('sequence-rarity', () => {
  const events = positive(sequenceRarity);
  const life = events.slice(0, -8);
  const back = events.slice(-8);

  test('is silent where it is not shown every use, as while a partition sheds', () => {
    const { rows } = fold(sequenceRarity, life);
    const settled = { ...rows, last: (rows['last'] ?? []).with(2, 0) };

    expect(fold(sequenceRarity, back, settled).told).toBeGreaterThan(0);
    expect(fold(sequenceRarity, back, settled, 1).told).toBe(0);
  });

  test('is silent on uses that come out of order', () => {
    const swapped = back.flatMap((use, index) => (index % 2 === 0 ? [back[index + 1] ?? use, use] : []));

    expect(fold(sequenceRarity, [...life, ...back]).told).toBeGreaterThan(0);
    expect(fold(sequenceRarity, [...life, ...swapped]).told).toBe(0);
  });

  test('with too many actions it remembers nothing', () => {
    const many = Array.from({ length: 20 }, (_, index) => ({
      ...sampleUse({ afterMs: index }),
      action: { kind: 'read' as const, name: `GET /${index}` },
    }));
    const { rows } = fold(sequenceRarity, many);

    expect(rows['order']).toEqual([]);
    expect(fold(sequenceRarity, life, rows).rows).toEqual(rows);
  });
});

describe('rate-spike', () => {
  const week = (index: number, size: number) => [
    ...steadyLife({ count: 40, everyMs: 60_000, afterMs: index * 7 * DAY_MS }),
    ...steadyLife({ count: size, everyMs: 40, afterMs: index * 7 * DAY_MS + 2 * HOUR_MS, mark: 'batch' }),
  ];
  /** Whether each week adds to what is told. */
  const isTold = (sizes: readonly number[]) => {
    const told = sizes.map(
      (_, index) =>
        fold(
          rateSpike,
          sizes.slice(0, index + 1).flatMap((size, at) => week(at, size)),
        ).told,
    );
    return told.map((count, index) => count > (told[index - 1] ?? 0));
  };

  test('a batch of each week is told of three, and a larger one than ever again', () => {
    expect(isTold([100, 100, 100, 100, 100, 220])).toEqual([true, true, true, false, false, true]);
  });
});

test('what each remembers is small, whatever comes', () => {
  const days = Array.from({ length: 40 * 24 }, (_, hour) =>
    steadyLife({ count: 20, everyMs: 120_000, afterMs: hour * HOUR_MS }),
  );
  const uses = days.flat().map((use, index) => ({
    ...use,
    action: { kind: 'read' as const, name: `GET /${(index * index * 7 + index) % 16}/${'x'.repeat(200)}` },
  }));

  expect(bytesOf(fold(rateRamp, uses).rows) + bytesOf(fold(offHours, uses).rows)).toBeLessThan(230);
  expect(bytesOf(fold(sequenceRarity, uses).rows)).toBeLessThan(420);
});
