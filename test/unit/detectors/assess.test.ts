import fc from 'fast-check';
import { FAMILIES } from '../../../domain/families';
import { DEFAULT_RISK, type RiskThresholds } from '../../../domain/risk';
import { SEVERITIES } from '../../../domain/severity';
import { assess, type Evidence } from '../../../detectors/assess';

const HOUR = 3_600_000;

function evidence(more: Partial<Evidence>): Evidence {
  return {
    family: 'origin',
    confidence: 0.5,
    at: 0,
    firstAt: 0,
    deterministic: false,
    severity: 'low',
    harm: false,
    reason: 'reason',
    ...more,
  };
}

test.each([
  ['one weak family', [evidence({ confidence: 0.6 })], 'low'],
  ['one strong family', [evidence({ confidence: 0.8 })], 'medium'],
  ['one certain family is still one witness', [evidence({ confidence: 0.99, harm: true })], 'medium'],
  [
    'two families, confident together',
    [evidence({ confidence: 0.6 }), evidence({ family: 'workload', confidence: 0.7 })],
    'high',
  ],
  [
    'two families, not confident',
    [evidence({ confidence: 0.3 }), evidence({ family: 'workload', confidence: 0.7 })],
    'medium',
  ],
  ['two weak families', [evidence({ confidence: 0.3 }), evidence({ family: 'volume', confidence: 0.4 })], 'low'],
  [
    'harm, and confident',
    [evidence({ confidence: 0.75, harm: true }), evidence({ family: 'travel', confidence: 0.8 })],
    'critical',
  ],
  [
    'harm, and less confident',
    [evidence({ confidence: 0.6, harm: true }), evidence({ family: 'travel', confidence: 0.6 })],
    'high',
  ],
  ['a fact', [evidence({ family: 'listed', confidence: 1, deterministic: true, severity: 'high' })], 'high'],
  ['a tripwire', [evidence({ family: 'listed', confidence: 1, deterministic: true, severity: 'low' })], 'low'],
] as const)('%s: %s', (_title, items, severity) => {
  expect(assess(items, 0).severity).toBe(severity);
});

test('evidence halves in an hour, and so two old witnesses do not convict', () => {
  const items = [evidence({ confidence: 0.75 }), evidence({ family: 'travel', confidence: 0.8 })];

  expect(assess(items, 0).severity).toBe('high');
  expect(assess(items, HOUR)).toMatchObject({ severity: 'low', confidence: 0.625 });
});

test('a policy says when evidence is strong, confident and harmful, and how long it is believed', () => {
  const two = [evidence({ confidence: 0.6, harm: true }), evidence({ family: 'travel', confidence: 0.6 })];
  const severityBy = (more: Partial<RiskThresholds>, now = 0) =>
    assess(two, now, { ...DEFAULT_RISK, ...more }).severity;

  expect(severityBy({})).toBe('high');
  expect(severityBy({ harmful: 0.84 })).toBe('critical');
  expect(severityBy({ confident: 0.85 })).toBe('medium');
  expect(severityBy({ confident: 0.85, strong: 0.85 })).toBe('low');
  expect(severityBy({}, HOUR)).toBe('low');
  expect(severityBy({ halfLifeMinutes: 600 }, HOUR)).toBe('high');
  expect(assess(two, 2 * HOUR, { ...DEFAULT_RISK, leastWitness: 0.16 }).families).toEqual([]);
  expect(assess(two, 2 * HOUR, { ...DEFAULT_RISK, leastWitness: 0.15 }).families).toEqual(['origin', 'travel']);
});

test('the reason names the strongest witness first, and the abuse begins with the first event', () => {
  const items = [
    evidence({ confidence: 0.6, firstAt: 5, at: 9, reason: 'new network' }),
    evidence({ family: 'travel', confidence: 0.8, firstAt: 7, at: 9, reason: 'travel' }),
  ];

  expect(assess(items, 9)).toMatchObject({
    reason: 'travel; new network',
    firstAbuseAt: 5,
    families: ['travel', 'origin'],
  });
});

test('more evidence never lowers severity or confidence', () => {
  const anyEvidence = fc.uniqueArray(
    fc.record({
      family: fc.constantFrom(...FAMILIES),
      confidence: fc.double({ min: 0, max: 1, noNaN: true }),
      at: fc.integer({ min: 0, max: 3 * HOUR }),
      firstAt: fc.constant(0),
      deterministic: fc.boolean(),
      severity: fc.constantFrom(...SEVERITIES),
      harm: fc.boolean(),
      reason: fc.constant('reason'),
    }),
    { selector: (item) => item.family, minLength: 2 },
  );
  fc.assert(
    fc.property(anyEvidence, (items) => {
      // Facts and opinions are weighed apart, so an opinion that becomes a fact is another case, not more evidence.
      const fewer = assess(items.slice(1), 3 * HOUR);
      const all = assess(items, 3 * HOUR);

      expect(SEVERITIES.indexOf(all.severity)).toBeGreaterThanOrEqual(SEVERITIES.indexOf(fewer.severity));
      expect(all.confidence).toBeGreaterThanOrEqual(fewer.confidence);
    }),
  );
});
