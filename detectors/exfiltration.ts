import type { UsageEvent } from '../domain/usage-event';
import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { dayOf, isObjectedOnlyBy, teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import type { Row, Rows } from './rows';
import { SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';
import { isUnusual, NO_SIZES, noteSize } from './usual-sizes';

const PARAMETERS = {
  /** Bytes of ten minutes, three times over the most that was usual: reference/detection.md 1.2.11, which takes the 99.9th percentile. */
  lengthMs: 600_000,
  overUsual: 3,
  /** Below it nobody carries anything away: ours. */
  leastBytes: 10_000_000,
  leastWindows: 12,
  /** Half of what was the most is forgotten in about 700 windows of use, five days without a pause. */
  fading: 0.999,
  /** Once it is known what is usual, one window makes no more of it than so many times as much: or whoever takes a little more each time takes all. Ours. */
  growth: 1.2,
  /** Nor one day, once it has lived so long, more than so many times what that day began with. Ours. */
  growthOfDay: 3,
  growsFreelyMs: 7 * 86_400_000,
  confidence: 0.5,
  extremeRatio: 10,
  extremeConfidence: 0.7,
  /** Of a credential that is hardly known: only what is extreme and heavy besides, and with less to say. Ours. */
  earlyWindows: 3,
  earlyBytes: 100_000_000,
  /** Of one that was used a week before, and of whose answers' sizes nobody has told before. Ours. */
  unheardBytes: 1_000_000_000,
  unheardMs: 7 * 86_400_000,
} as const;

/** When the open window began; in it all bytes, and those under no suspicion; and of closed windows the most, and how many there were. */
const START = 0;
const BYTES = 1;
const CLEAN = 2;
const MOST = 3;
const WINDOWS = 4;

/**
 * Of the window; and sizes of what was told (usual-sizes.ts). `doubted`: when the last window began in which somebody else
 * had something to say. `day`: the day, and the most that was usual when it began.
 */
type VolumeRows = Rows<'volume' | 'sizes' | 'doubted' | 'day'>;

/** Much more is handed out to the credential than ever within ten minutes. Only for sources that see the size of answers. */
export const exfiltration = defineDetector<keyof VolumeRows>({
  id: 'exfiltration',
  family: 'volume',
  parameters: PARAMETERS,
  initial: { volume: [0, 0, 0, 0, 0], sizes: NO_SIZES, doubted: [0], day: [0, 0] },
  judge,
  remember,
  samples,
});

function judge(rows: VolumeRows, { event }: LocatedUsageEvent, facts: SubjectFacts): readonly Finding[] {
  const start = windowOf(rows.volume, event);
  if (start === undefined) return NO_FINDINGS;
  const much = muchOf(rows, facts, start, event.bytes ?? 0);
  return much && isUnusual(rows.sizes, much.bytes, dayOf(start)) ? [finding(much)] : NO_FINDINGS;
}

interface Much {
  readonly bytes: number;
  /** What was usual. */
  readonly most: number;
  readonly isKnown: boolean;
}

/** The bytes of the window that began then with some more, where those are more than usual. */
function muchOf(rows: VolumeRows, facts: SubjectFacts, start: number, more: number): Much | undefined {
  const { volume } = rows;
  const opens = start > volume.get(START);
  const { leastBytes, leastWindows, overUsual } = PARAMETERS;
  const bytes = (opens ? 0 : volume.get(BYTES)) + more;
  if (bytes < leastBytes) return undefined;
  const [most, windows] = opens ? closed(rows, facts) : [volume.get(MOST), volume.get(WINDOWS)];
  const isKnown = windows >= leastWindows;
  const age = facts.cleanUses === 0 ? 0 : start - facts.cleanSince;
  const isMuch = isKnown ? bytes >= most * overUsual : isHeavy(bytes, most, windows) || isUnheard(bytes, windows, age);
  return isMuch ? { bytes, most, isKnown } : undefined;
}

function finding({ bytes, most, isKnown }: Much): Finding {
  const { extremeRatio, confidence, extremeConfidence } = PARAMETERS;
  const isExtreme = isKnown && bytes >= most * extremeRatio;
  return {
    severity: isExtreme ? 'medium' : 'low',
    confidence: isExtreme ? extremeConfidence : confidence,
    deterministic: false,
    accuses: 'traffic',
    reason: `${Math.round(bytes / 1e6)} MB handed out within 10 min, ${most > 0 ? `${Math.floor(bytes / most)} times what is usual` : 'where nothing is usual'}`,
  };
}

/** Of a credential of less than `leastWindows`. */
function isHeavy(bytes: number, most: number, windows: number): boolean {
  const { earlyWindows, earlyBytes, extremeRatio } = PARAMETERS;
  return windows >= earlyWindows && bytes >= earlyBytes && bytes >= most * extremeRatio;
}

function isUnheard(bytes: number, windows: number, age: number): boolean {
  const { earlyWindows, unheardBytes, unheardMs } = PARAMETERS;
  return windows < earlyWindows && bytes >= unheardBytes && age >= unheardMs;
}

function remember(rows: VolumeRows, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { volume, doubted, day } = rows;
  const start = windowOf(volume, located.event);
  if (start === undefined) return;
  if (start > volume.get(START)) {
    learnSize(rows, facts);
    const [most, windows] = closed(rows, facts);
    volume.replace([start, 0, 0, most, windows]);
    if (dayOf(start) > day.get(0)) day.replace([dayOf(start), most]);
  }
  if (!isObjectedOnlyBy(['volume'], located, facts)) doubted.set(0, start);
  const { bytes = 0 } = located.event;
  volume.add(BYTES, bytes);
  if (teaches(located, facts)) volume.add(CLEAN, bytes);
}

/** Of the window that ends, if it was much: as large it becomes usual in time. */
function learnSize(rows: VolumeRows, facts: SubjectFacts): void {
  const { volume, sizes, doubted } = rows;
  const start = volume.get(START);
  const much = muchOf(rows, facts, start, 0);
  if (much) noteSize(sizes, much.bytes, dayOf(start), doubted.get(0) !== start);
}

/** When the use's window began; undefined for what is not counted: late by more than a window, its own is long closed. */
function windowOf(volume: Row, { at, bytes, outcome }: UsageEvent): number | undefined {
  if (bytes === undefined || outcome !== 'accepted') return undefined;
  const { lengthMs } = PARAMETERS;
  const begin = at - (at % lengthMs);
  return begin < volume.get(START) - lengthMs ? undefined : begin;
}

/** What is usual once the open window is closed. */
function closed(
  { volume, doubted, day }: VolumeRows,
  { cleanSince }: SubjectFacts,
): readonly [most: number, windows: number] {
  const [start, clean, most, windows] = [volume.get(START), volume.get(CLEAN), volume.get(MOST), volume.get(WINDOWS)];
  if (start === 0 || (clean === 0 && doubted.get(0) === start)) return [most, windows];
  const { fading, growth, growthOfDay, growsFreelyMs, leastWindows, leastBytes } = PARAMETERS;
  const isOld = start - cleanSince >= growsFreelyMs && day.get(0) === dayOf(start);
  const grown = Math.min(most * growth, isOld ? day.get(1) * growthOfDay : Infinity);
  const learnt = windows < leastWindows ? clean : Math.min(clean, Math.max(grown, leastBytes));
  return [Math.max(learnt, most * fading), Math.min(windows + 1, leastWindows)];
}

function samples(): Samples {
  const places = SAMPLE_PLACES;
  const reads = (count: number, bytes: number, everyMs: number, afterMs = 0) =>
    Array.from({ length: count }, (_, index) => ({ ...sampleUse({ afterMs: afterMs + index * everyMs }), bytes }));
  const minute = 60_000;
  // Two megabytes in ten minutes, for four hours.
  const life = reads(240, 200_000, minute);
  return {
    positives: [
      { title: 'ten times as much', events: [...life, ...reads(20, 1_000_000, 1_000, 241 * minute)], places },
      {
        title: 'a credential of an hour that carries off a gigabyte',
        events: [...reads(60, 200_000, minute), ...reads(100, 10_000_000, 1_000, 61 * minute)],
        places,
      },
      {
        title: 'nearly three times as much each time',
        events: [
          ...life,
          ...[2.8, 7.8, 22, 61].flatMap((times, n) => reads(10, times * 200_000, minute, (240 + 10 * n) * minute)),
        ],
        places,
      },
      {
        title: 'much, with a credential that was told nothing',
        events: [...reads(240, 0, minute), ...reads(20, 1_000_000, 1_000, 241 * minute)],
        places,
      },
      {
        title: 'a fifth more each time, all day, after weeks',
        events: [
          ...reads(8 * 144, 2_000_000, 10 * minute),
          ...Array.from({ length: 40 }, (_, n) =>
            reads(1, 2_000_000 * 1.19 ** n, minute, (8 * 1_440 + 10 * n) * minute),
          ).flat(),
        ],
        places,
      },
      {
        title: 'a gigabyte, with a credential of weeks whose answers nobody has measured',
        events: [
          ...steadyLife({ count: 20, everyMs: 86_400_000 }),
          ...reads(1, 1_200_000_000, 1_000, 20 * 1_440 * minute),
        ],
        places,
      },
      { title: 'one large answer', events: [...life, ...reads(1, 50_000_000, minute, 241 * minute)], places },
    ],
    nearMisses: [
      { title: 'twice as much', events: [...life, ...reads(20, 200_000, 1_000, 241 * minute)], places },
      {
        title: 'ten times of very little',
        events: [...reads(240, 2_000, minute), ...reads(100, 2_000, 1_000, 241 * minute)],
        places,
      },
      {
        title: 'a credential of an hour that reads ten times as much',
        events: [...reads(60, 200_000, minute), ...reads(20, 2_000_000, 1_000, 61 * minute)],
        places,
      },
      {
        title: 'half a gigabyte, with a credential of weeks whose answers nobody has measured',
        events: [
          ...steadyLife({ count: 20, everyMs: 86_400_000 }),
          ...reads(25, 20_000_000, 1_000, 20 * 1_440 * minute),
        ],
        places,
      },
      { title: 'much from the start', events: reads(100, 20_000_000, minute), places },
    ],
  };
}
