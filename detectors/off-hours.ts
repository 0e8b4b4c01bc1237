import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { addWeek, fade, NO_HOURS, slotOf, SLOT_MS, SLOTS_OF_WEEK, weeksAround } from './hours-of-week';
import { teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import type { Rows } from './rows';
import { SAMPLE_PLACES, steadyLife } from './sample-life';

const PARAMETERS = {
  /** Time of week once 14 days were seen: reference/detection.md 1.2.9. In slots of two hours. */
  leastSlots: 168,
  /** A slot is usual when it and those beside it were used in two weeks. One week of each is forgotten in four. Ours, as all below. */
  leastWeeks: 2,
  fadingSlots: 336,
  /** In the slot: somebody looks after midnight whether all is well, and goes to bed. */
  leastUses: 10,
  /** From the second week on: so many slots of use must have been known, and for sixteen of them one may have been new, and one besides. */
  leastKept: 3,
  keptForNew: 16,
  freeNew: 1,
  /** Slots that are remembered for that, before both numbers are halved. */
  remembered: 64,
  /** Whoever is called at night asks whose credential he has, from home: a strong word (0.7) and this one are not confident together (0.8, domain/risk.ts). Ours. */
  confidence: 0.3,
} as const;

/** The open slot; all uses in it up to `leastUses`, and whether any was under no suspicion. */
const SLOT = 0;
const USES = 1;
const CLEAN = 2;
/** The slot of the first clean use. */
const SINCE = 3;
/** Slots of use since the second week: at known times, and at such as it was never used. */
const KEPT = 4;
const NEW = 5;

type HoursRows = Rows<'slots' | 'hours'>;

/** A credential that keeps hours is used at a time of the week at which it hardly ever was. Who is used at all times keeps none. */
export const offHours = defineDetector<'slots' | 'hours'>({
  id: 'off-hours',
  family: 'volume',
  parameters: PARAMETERS,
  initial: { slots: [0, 0, 0, 0, 0, 0], hours: NO_HOURS },
  judge,
  remember,
  samples,
});

function judge({ slots, hours }: HoursRows, { event: { at, outcome } }: LocatedUsageEvent): readonly Finding[] {
  const { leastUses, leastSlots, leastWeeks, leastKept, keptForNew, freeNew, confidence } = PARAMETERS;
  const slot = slots.get(SLOT);
  // A use that opens a slot is the only one of it.
  if (outcome === 'contained' || slots.get(USES) + 1 < leastUses || slotOf(at) !== slot) return NO_FINDINGS;
  if (slot - slots.get(SINCE) < leastSlots) return NO_FINDINGS;
  const kept = slots.get(KEPT);
  if (kept < leastKept || slots.get(NEW) > freeNew + kept / keptForNew) return NO_FINDINGS;
  if (weeksAround(hours, slot) >= leastWeeks) return NO_FINDINGS;
  const time = new Date(slot * SLOT_MS).toUTCString();
  const reason = `used ${leastUses} times and more in the two hours from ${time.slice(0, 3)} ${time.slice(17, 22)} UTC, when it hardly ever is`;
  return [{ severity: 'low', confidence, deterministic: false, accuses: 'traffic', reason }];
}

function remember(rows: HoursRows, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { slots } = rows;
  const { at, outcome } = located.event;
  const slot = slotOf(at);
  // What we refuse is no use; and the slot of a late use is closed: others will come in it next week.
  if (outcome === 'contained' || slot < slots.get(SLOT)) return;
  if (slot > slots.get(SLOT)) openSlot(rows, slot);
  if (slots.get(USES) < PARAMETERS.leastUses) slots.add(USES, 1);
  if (slots.get(CLEAN) === 1 || !teaches(located, facts)) return;
  slots.set(CLEAN, 1);
  if (slots.get(SINCE) === 0) slots.set(SINCE, slot);
}

function openSlot(rows: HoursRows, slot: number): void {
  const { slots, hours } = rows;
  const { fadingSlots } = PARAMETERS;
  const since = slots.get(SINCE);
  const age = slots.get(SLOT) - since;
  if (slots.get(CLEAN) === 1) {
    weighSlot(rows, age);
    addWeek(hours, slots.get(SLOT));
  }
  const isFading = since > 0 && Math.floor((slot - since) / fadingSlots) > Math.floor(age / fadingSlots);
  if (isFading) fade(hours);
  slots.set(SLOT, slot);
  slots.set(USES, 0);
  slots.set(CLEAN, 0);
}

/** Whether the slot was a known time, from the second week on. */
function weighSlot({ slots, hours }: HoursRows, age: number): void {
  if (age < SLOTS_OF_WEEK) return;
  const isKnown = weeksAround(hours, slots.get(SLOT)) >= (age < PARAMETERS.leastSlots ? 1 : PARAMETERS.leastWeeks);
  const halving = slots.get(KEPT) + slots.get(NEW) >= PARAMETERS.remembered ? 1 : 0;
  slots.set(KEPT, (slots.get(KEPT) >> halving) + (isKnown ? 1 : 0));
  slots.set(NEW, (slots.get(NEW) >> halving) + (isKnown ? 0 : 1));
}

function samples(): Samples {
  const places = SAMPLE_PLACES;
  const hour = 3_600_000;
  const hourly = (count: number, afterHours: number) =>
    steadyLife({ count, everyMs: hour, afterMs: afterHours * hour });
  const uses = (count: number, afterHours: number) =>
    steadyLife({ count, everyMs: 20_000, afterMs: afterHours * hour + 1, mark: 'more' });
  // From a Tuesday on, noon to eight, not on Saturdays and Sundays.
  const office = Array.from({ length: 16 }, (_, day) => ((day + 1) % 7 < 5 ? hourly(8, day * 24) : [])).flat();
  const weekly = Array.from({ length: 5 }, (_, week) => uses(20, week * 168 + 15)).flat();
  const nightly = Array.from({ length: 34 }, (_, day) => hourly(2, day * 24)).flat();
  const inOrder = (events: typeof office) => [...events].sort((a, b) => a.at - b.at);
  // Whenever somebody is called out of bed.
  const calls = Array.from({ length: 34 }, (_, call) => uses(15, call * 17 + ((call * call * 5) % 13))).flat();
  return {
    positives: [
      { title: 'at night, after two weeks of office hours', events: [...office, ...uses(12, 15 * 24 + 14)], places },
      { title: 'a nightly job at noon', events: [...nightly, ...uses(12, 33 * 24 + 12)], places },
    ],
    nearMisses: [
      { title: 'a few uses at night', events: [...office, ...uses(9, 15 * 24 + 14)], places },
      { title: 'two hours late', events: [...office, ...uses(40, 15 * 24 + 8.5)], places },
      { title: 'at night in the first two weeks', events: [...office.slice(0, 72), ...uses(40, 12 * 24 + 14)], places },
      { title: 'around the clock', events: [...hourly(16 * 24, 0), ...uses(40, 16 * 24)], places },
      { title: 'a weekly job at its hour', events: inOrder([...nightly, ...weekly]), places },
      { title: 'at any hour', events: inOrder(calls), places },
    ],
  };
}
