import fc from 'fast-check';
import {
  openIncident,
  OUTCOMES,
  transition,
  type Incident,
  type IncidentEvent,
  type Outcome,
  type Stage,
} from '../../../domain/incident';
import { compareSeverity, SEVERITIES } from '../../../domain/severity';
import { sampleAssessment, sampleVersion } from '../../support/fake-activities';

const milestone = fc.constantFrom(
  'contained',
  'replaced',
  'moved',
  'revoked',
  'verified',
  'notified',
  'rolled-back',
  'person-resumed',
  'noted',
);
const event: fc.Arbitrary<IncidentEvent> = fc.oneof(
  milestone.map((type) => ({ type, at: 1, note: type })),
  fc.constantFrom(...OUTCOMES).map((outcome) => ({ type: 'closed', at: 1, note: 'closed', outcome }) as const),
  fc.constant({ type: 'person-needed', at: 1, note: 'asked', question: 'what now?' } as const),
  fc.constantFrom('low', 'medium', 'high', 'critical').map((severity) => ({
    type: 'detection-joined' as const,
    at: 1,
    count: 1,
    assessment: sampleAssessment({ severity: severity as 'low' }),
    detection: {
      id: 'd',
      detector: 'rate-spike',
      family: 'volume' as const,
      subject: sampleVersion().subjects[0]!,
      at: 1,
      severity: severity as 'low',
      confidence: 0.5,
      deterministic: false,
      reason: 'r',
      eventIds: [],
    },
  })),
);

/** High, as a person judged it to be low. */
const JUDGED = {
  severity: 'low',
  judged: { severity: 'high', families: sampleAssessment().families, deterministic: false },
} as const;

/** What a person said besides: it lowers, too. */
const withPeople: fc.Arbitrary<IncidentEvent> = fc.oneof(
  event,
  fc
    .constantFrom(...SEVERITIES)
    .map((severity) => ({ type: 'severity-changed', at: 1, note: 'ana said so', severity }) as const),
);

const STORY = (['contained', 'replaced', 'moved', 'revoked', 'verified', 'notified'] as const).map(
  (type): IncidentEvent => ({ type, at: 1, note: type }),
);
/** Begins somewhere in the story, so that its late stages are looked at as often as its early ones. */
const lived = fc
  .tuple(fc.nat(STORY.length), fc.array(withPeople, { maxLength: 12 }))
  .map(([steps, more]) => [...STORY.slice(0, steps), ...more]);

const start = (): Incident => openIncident(sampleAssessment(), 0);

function apply(incident: Incident, events: readonly IncidentEvent[]): Incident {
  return events.reduce((state, one) => {
    const result = transition(state, one);
    return result.ok ? result.incident : state;
  }, incident);
}

describe('incident state machine', () => {
  it('answers every event in every reachable state, with a state or a reason', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), event, (history, next) => {
        const result = transition(apply(start(), history), next);
        return result.ok ? result.incident.timeline.length > 0 : result.refusal.length > 0;
      }),
    );
  });

  it('never lets the severity fall', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), event, (history, next) => {
        const before = apply(start(), history);
        const after = apply(before, [next]);
        return compareSeverity(after.evidence.severity, before.evidence.severity) >= 0;
      }),
    );
  });

  it('closes as recovered only after the proof and after people were told', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (history) => {
        const { outcome, milestones } = apply(start(), history);
        return outcome !== 'recovered' || (milestones.verified !== undefined && milestones.notified !== undefined);
      }),
    );
  });

  it('never goes back over the one-way door', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (history) => {
        const before: Stage[] = [];
        let state = start();
        for (const one of history) {
          state = apply(state, [one]);
          before.push(state.stage);
        }
        const revoked = before.indexOf('revoked');
        return (
          revoked < 0 ||
          before.slice(revoked).every((stage) => !['opened', 'contained', 'replaced', 'moved'].includes(stage))
        );
      }),
    );
  });

  it('is closed for ever', () => {
    const story: IncidentEvent[] = (['contained', 'replaced', 'moved', 'revoked', 'verified', 'notified'] as const).map(
      (type) => ({ type, at: 1, note: type }),
    );
    const closed = apply(start(), [...story, { type: 'closed', at: 2, note: 'closed', outcome: 'recovered' }]);

    expect(closed.stage).toBe('closed');
    expect(transition(closed, { type: 'noted', at: 3, note: 'late' }).ok).toBe(false);
  });

  it('keeps a bounded timeline', () => {
    const notes = Array.from({ length: 500 }, (_, n): IncidentEvent => ({ type: 'noted', at: n, note: `note ${n}` }));

    expect(apply(start(), notes).timeline).toHaveLength(100);
  });

  it('takes a severity from a person at every open stage, in both directions, and stays where it is', () => {
    fc.assert(
      fc.property(lived, fc.constantFrom(...SEVERITIES), (history, severity) => {
        const before = apply(start(), history);
        const result = transition(before, { type: 'severity-changed', at: 9, note: 'ana said so', severity });

        expect(result.ok).toBe(before.stage !== 'closed');
        if (!result.ok) return;
        const { evidence, timeline, wasHigh = false, ...rest } = result.incident;
        const { evidence: evidenceBefore, timeline: _timeline, wasHigh: wasBefore = false, ...restBefore } = before;
        expect(evidence).toEqual({ ...evidenceBefore, severity });
        expect(timeline.at(-1)).toEqual({ at: 9, stage: before.stage, note: 'ana said so' });
        expect(rest).toEqual(restBefore);
        expect(wasHigh).toBe(wasBefore || compareSeverity(evidenceBefore.severity, 'high') >= 0);
      }),
    );
  });

  it('is raised by evidence again after a person lowered it', () => {
    const lowered = apply(start(), [{ type: 'severity-changed', at: 1, note: 'a test of ours', severity: 'low' }]);
    const [high] = fc.sample(
      event.filter((one) => one.type === 'detection-joined' && one.assessment.severity === 'high'),
      1,
    );

    expect(lowered.evidence.severity).toBe('low');
    expect(apply(lowered, [high as IncidentEvent]).evidence.severity).toBe('high');
  });

  it('is not raised again by what a person has judged, only by more than that', () => {
    const judged = apply(start(), [
      { type: 'severity-changed', at: 1, note: 'a test of ours', severity: 'low', judged: true },
    ]);
    const after = (overrides: Parameters<typeof sampleAssessment>[0]) => {
      const [joining] = fc.sample(
        event.filter((one) => one.type === 'detection-joined'),
        1,
      );
      const { assessment: _other, ...rest } = joining as Extract<IncidentEvent, { type: 'detection-joined' }>;
      return apply(judged, [{ ...rest, assessment: sampleAssessment(overrides) }]).evidence.severity;
    };

    expect(judged.evidence.severity).toBe('low');
    expect(after({ severity: 'high' })).toBe('low');
    expect(after({ severity: 'critical' })).toBe('critical');
    expect(after({ severity: 'high', families: ['origin', 'volume'] })).toBe('high');
    expect(after({ severity: 'high', deterministic: true })).toBe('high');
  });

  it.each([
    ['raised to what was known before', { severity: 'medium' }, { severity: 'critical' }, true, 'critical'],
    ['not lowered by it', { severity: 'high' }, { severity: 'low' }, true, 'high'],
    ['what a person had judged, if detectors say it again', { severity: 'high' }, JUDGED, true, 'low'],
    ['raised by more than that', { severity: 'critical' }, JUDGED, true, 'critical'],
    ['what somebody says now', { severity: 'high' }, JUDGED, false, 'high'],
  ] as const)('begins as %s', (_what, fresh, before, isDetected, expected) => {
    const { judged, ...evidence } = { judged: undefined, ...before };
    const known = { evidence: sampleAssessment({ ...evidence, firstAbuseAt: 1 }), ...(judged ? { judged } : {}) };
    const opened = openIncident(sampleAssessment({ ...fresh, firstAbuseAt: 7 }), 7);

    const { evidence: now, judged: kept } = apply(opened, [{ type: 'recalled', at: 8, known, isDetected }]);

    expect([now.severity, now.firstAbuseAt, kept]).toEqual([expected, 7, judged]);
  });

  it('is raised by a witness of another kind also when that spoke softly before', () => {
    const [first] = fc.sample(
      event.filter((one) => one.type === 'detection-joined'),
      1,
    );
    const joining = (overrides: Parameters<typeof sampleAssessment>[0]): IncidentEvent => ({
      ...(first as Extract<IncidentEvent, { type: 'detection-joined' }>),
      assessment: sampleAssessment(overrides),
    });
    const families = ['origin', 'volume'] as const;

    const after = apply(start(), [
      { type: 'severity-changed', at: 1, note: 'a test of ours', severity: 'low', judged: true },
      joining({ severity: 'low', families: [...families] }),
      joining({ severity: 'high', families: [...families] }),
    ]);

    expect(after.evidence.severity).toBe('high');
  });

  it('closes from a question, which is open no more; other stages do not change that', () => {
    const asked = apply(start(), [
      { type: 'contained', at: 1, note: '' },
      { type: 'person-needed', at: 2, note: 'asked', question: 'Revoke it for ever?', kind: 'revoke', number: 3 },
    ]);
    const closed = apply(asked, [{ type: 'closed', at: 4, note: '', outcome: 'contained-waiting-for-person' }]);

    expect(asked.waiting).toEqual({
      resume: 'contained',
      question: 'Revoke it for ever?',
      kind: 'revoke',
      number: 3,
      since: 2,
    });
    expect(closed).toMatchObject({
      stage: 'closed',
      outcome: 'contained-waiting-for-person',
      milestones: { closed: 4 },
    });
    expect(closed.waiting).toBeUndefined();
  });

  it('that is not contained closes as nothing but a false positive', () => {
    fc.assert(
      fc.property(lived, fc.constantFrom(...OUTCOMES), (history, outcome) => {
        const before = apply(start(), history);
        if (before.stage === 'closed') return;
        const result = transition(before, { type: 'closed', at: 9, note: '', outcome });

        if (before.milestones.contained === undefined) expect(result.ok).toBe(outcome === 'false-positive-restored');
        else if (outcome.startsWith('contained-')) expect(result.ok).toBe(true);
      }),
    );
  });

  it('is restored at no stage after the one-way door, and recovered at none but the last', () => {
    fc.assert(
      fc.property(lived, (history) => {
        const before = apply(start(), history);
        if (before.stage === 'closed') return;
        const may = (outcome: Outcome) => transition(before, { type: 'closed', at: 9, note: '', outcome }).ok;

        expect(may('false-positive-restored')).toBe(before.milestones.revoked === undefined);
        expect(may('recovered')).toBe(before.stage === 'notified');
      }),
    );
  });

  it('takes what replaces a version that was ended first, and never goes back from its end', () => {
    const story = ['contained', 'revoked', 'replaced', 'moved', 'replaced', 'verified'] as const;
    let incident = openIncident(sampleAssessment(), 0);
    const stages = story.map((type, index) => {
      const taken = transition(incident, { type, at: index + 1, note: type });
      if (taken.ok) incident = taken.incident;
      return taken.ok ? taken.incident.stage : 'refused';
    });

    expect(stages).toEqual(['contained', 'revoked', 'revoked', 'revoked', 'refused', 'verified']);
    expect(incident.milestones).toEqual({ contained: 1, revoked: 2, replaced: 3, moved: 4, verified: 6 });
  });
});
