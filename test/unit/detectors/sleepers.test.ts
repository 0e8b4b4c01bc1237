import type { UsageEvent } from '../../../domain/usage-event';
import { isForgotten } from '../../../detectors/eviction';
import { emptySubject } from '../../../detectors/partition-state';
import { SAMPLE_PLACES, sampleUse, steadyLife } from '../../../detectors/sample-life';
import { foldAll, inOrder } from './folding';

const DAY_MS = 86_400_000;

/** Half an hour of two services in different networks. */
const uses = (afterMs: number) =>
  inOrder(
    steadyLife({ count: 30, everyMs: 60_000, afterMs }),
    steadyLife({ count: 30, everyMs: 60_000, afterMs: afterMs + 30_000, address: '203.0.113.30' }),
  );
const life = [0, 1, 2, 3].flatMap((day) => uses(day * DAY_MS));

/** Who speaks of it. */
function toldOf(later: readonly UsageEvent[]): string[] {
  return [...new Set(foldAll([...life, ...later], SAMPLE_PLACES).messages.map(({ detection }) => detection.detector))];
}

describe.each([31, 90, 365])('after %i days without use', (days) => {
  const afterMs = (3 + days) * DAY_MS;

  test('a use from elsewhere is told as one', () => {
    const thief = sampleUse({ afterMs, address: '198.51.100.20', agent: 'go-http-client/2.0' });

    expect(toldOf([thief])).toEqual(expect.arrayContaining(['dormant-awake', 'new-origin']));
  });

  test('the owner, back in all its networks, is told for its sleep only', () => {
    expect(toldOf(uses(afterMs))).toEqual(['dormant-awake']);
  });
});

test('who never had a use that taught anything is forgotten after a month, others after more than a year', () => {
  const stranger = emptySubject('id:sample:stranger');
  const known = { ...stranger, cleanUses: 1 };
  const forgotten = (days: number) => [stranger, known].map((subject) => isForgotten(subject, days * DAY_MS));

  expect([30, 31, 400, 401].map(forgotten)).toEqual([
    [false, false],
    [true, false],
    [true, false],
    [true, true],
  ]);
});
