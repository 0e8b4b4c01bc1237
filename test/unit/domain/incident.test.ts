import fc from 'fast-check';
import {
  openIncident,
  OUTCOMES,
  transition,
  type Incident,
  type IncidentEvent,
  type Stage,
} from '../../../domain/incident';
import { compareSeverity } from '../../../domain/severity';
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
});
