import { defineDetector, NO_FINDINGS, type Finding, type Reduction, type Samples, type SubjectFacts } from './detector';
import { teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { SAMPLE_PLACES, sampleUse } from './sample-life';

const PARAMETERS = {
  /** Bytes of ten minutes, three times over the most that was usual: reference/detection.md 1.2.11, which takes the 99.9th percentile. */
  lengthMs: 600_000,
  overUsual: 3,
  /** Below it nobody carries anything away: ours. */
  leastBytes: 10_000_000,
  leastWindows: 12,
  /** Half of what was the most is forgotten in about 700 windows of use, five days without a pause. */
  fading: 0.999,
  confidence: 0.5,
  extremeRatio: 10,
  extremeConfidence: 0.7,
} as const;

interface VolumeState {
  readonly start: number;
  /** In the open window: all bytes, and those under no suspicion. */
  readonly bytes: number;
  readonly clean: number;
  /** Of closed windows. */
  readonly most: number;
  readonly windows: number;
}

/** Much more is handed out to the credential than ever within ten minutes. Only for sources that see the size of answers. */
export const exfiltration = defineDetector<VolumeState>({
  id: 'exfiltration',
  family: 'volume',
  parameters: PARAMETERS,
  initial: () => ({ start: 0, bytes: 0, clean: 0, most: 0, windows: 0 }),
  reduce,
  samples,
});

function reduce(state: VolumeState, located: LocatedUsageEvent, facts: SubjectFacts): Reduction<VolumeState> {
  const { at, bytes = 0, outcome } = located.event;
  if (bytes === 0 || outcome !== 'accepted') return { state, findings: NO_FINDINGS };
  const start = at - (at % PARAMETERS.lengthMs);
  // Late by more than a window: what it belonged to is long closed.
  if (start < state.start - PARAMETERS.lengthMs) return { state, findings: NO_FINDINGS };
  const open = start > state.start ? { ...close(state), start, bytes: 0, clean: 0 } : state;
  const next = { ...open, bytes: open.bytes + bytes, clean: open.clean + (teaches(located, facts) ? bytes : 0) };
  return { state: next, findings: judge(next) };
}

function close(state: VolumeState): VolumeState {
  if (state.clean === 0) return state;
  return {
    ...state,
    most: Math.max(state.clean, state.most * PARAMETERS.fading),
    windows: Math.min(state.windows + 1, PARAMETERS.leastWindows),
  };
}

function judge({ bytes, most, windows }: VolumeState): readonly Finding[] {
  const { leastBytes, leastWindows, overUsual, extremeRatio, confidence, extremeConfidence } = PARAMETERS;
  if (windows < leastWindows || bytes < leastBytes || bytes < most * overUsual) return NO_FINDINGS;
  const isExtreme = bytes >= most * extremeRatio;
  return [
    {
      severity: isExtreme ? 'medium' : 'low',
      confidence: isExtreme ? extremeConfidence : confidence,
      deterministic: false,
      accuses: 'traffic',
      reason: `${Math.round(bytes / 1e6)} MB handed out within 10 min, ${Math.floor(bytes / most)} times the most so far`,
    },
  ];
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
      { title: 'one large answer', events: [...life, ...reads(1, 50_000_000, minute, 241 * minute)], places },
    ],
    nearMisses: [
      { title: 'twice as much', events: [...life, ...reads(20, 200_000, 1_000, 241 * minute)], places },
      {
        title: 'ten times of very little',
        events: [...reads(240, 2_000, minute), ...reads(100, 2_000, 1_000, 241 * minute)],
        places,
      },
      { title: 'much from the start', events: reads(100, 20_000_000, minute), places },
    ],
  };
}
