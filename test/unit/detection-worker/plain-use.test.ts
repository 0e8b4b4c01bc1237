import fc from 'fast-check';
import { publicIdSubject } from '../../../domain/subject';
import { usageEvent, type UsageEvent } from '../../../domain/usage-event';
import { isPlainUse } from '../../../workers/detection/plain-use';

const RUNS = { numRuns: 2_000 };

const text = (most: number) => fc.oneof(fc.string({ maxLength: 8 }), fc.constant('x'.repeat(most)));
const count = fc.oneof(fc.nat(), fc.constantFrom(0, -0, Number.MAX_SAFE_INTEGER));

const use: fc.Arbitrary<UsageEvent> = fc.record(
  {
    kind: fc.constant('usage' as const),
    id: text(200).filter((id) => id !== ''),
    at: count,
    subject: fc.constantFrom(publicIdSubject('sample', 'one'), publicIdSubject('sample', '~'.repeat(256))),
    source: text(64),
    principalKind: fc.constantFrom(...usageEvent.shape.principalKind.options),
    client: fc.record({ address: text(64), agent: text(512) }),
    action: fc.record({ kind: fc.constantFrom(...usageEvent.shape.action.shape.kind.options), name: text(512) }),
    outcome: fc.constantFrom(...usageEvent.shape.outcome.options),
    bytes: count,
    principal: fc.constantFrom(publicIdSubject('sample', 'role'), publicIdSubject('sample', '~'.repeat(256))),
    probe: text(100),
  },
  {
    requiredKeys: ['kind', 'id', 'at', 'subject', 'source', 'principalKind', 'client', 'action', 'outcome'],
  },
);

/** What a field may hold by mistake or malice: of another kind, just too long, of another field. */
const anything = fc.oneof(
  fc.constantFrom<unknown>('', null, [], {}, true, -1, 0.5, 1e300, 2 ** 53, 'usage', 'control', 'accepted', 'read'),
  fc.constantFrom<unknown>(...[65, 101, 201, 513].map((length) => 'x'.repeat(length)), 'id:a:', 'id:a:é', ['read']),
  fc.constantFrom<unknown>(
    [{ id: 'r', title: 't', level: 'low' }],
    { address: '', agent: '', more: 1 },
    { kind: 'read' },
  ),
  fc.jsonValue(),
);

const path = fc.constantFrom(
  ...Object.keys(usageEvent.shape).map((key) => [key]),
  ...['address', 'agent', 'more', '__proto__'].map((key) => ['client', key]),
  ...['kind', 'name', 'more', 'constructor'].map((key) => ['action', key]),
  ['__proto__'],
  ['toString'],
  ['more'],
);

/** Puts a value into a use, or takes a field away, and sends it through JSON as it comes in. */
const nearlyUse = fc
  .tuple(use, fc.array(fc.tuple(path, fc.option(anything, { nil: undefined })), { maxLength: 2 }))
  .map(([event, faults]) => {
    const value = JSON.parse(JSON.stringify(event)) as Record<string, unknown>;
    for (const [[first = '', second], given] of faults) {
      // Two may be the same object, and one may be put into the other.
      const fault: unknown = structuredClone(given);
      const inner = value[first];
      if (second === undefined) set(value, first, fault);
      else if (typeof inner === 'object' && inner !== null) set(inner as Record<string, unknown>, second, fault);
    }
    return JSON.parse(JSON.stringify(value)) as unknown;
  });

function set(object: Record<string, unknown>, key: string, value: unknown): void {
  if (value === undefined) delete object[key];
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

test('every use without rules is plain', () => {
  fc.assert(
    fc.property(use, (event) => {
      expect(isPlainUse(JSON.parse(JSON.stringify(event)))).toBe(true);
    }),
    RUNS,
  );
});

test('agrees with the schema on everything but rules, and changes nothing that the schema would not', () => {
  fc.assert(
    fc.property(fc.oneof({ weight: 20, arbitrary: nearlyUse }, { weight: 1, arbitrary: fc.jsonValue() }), (value) => {
      const parsed = usageEvent.safeParse(value);
      const hasRules = typeof value === 'object' && value !== null && 'rules' in value;

      expect(isPlainUse(value)).toBe(parsed.success && !hasRules);
      if (parsed.success) expect(parsed.data).toEqual(value);
    }),
    RUNS,
  );
});
