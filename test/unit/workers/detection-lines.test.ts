import type { Severity } from '../../../domain/severity';
import { DetectionLines } from '../../../workers/dispatcher/detection-lines';

interface Item {
  readonly at: number;
  readonly severity: Severity;
}

interface Sent {
  readonly line: string;
  readonly at: number;
  readonly batch: readonly Item[];
  readonly sated: boolean;
}

beforeEach(() => jest.useFakeTimers({ now: 0 }));
afterEach(() => jest.useRealTimers());

function world(isTold: (sated: boolean) => boolean = (sated) => !sated) {
  const sent: Sent[] = [];
  const lines = new DetectionLines<Item>(
    ({ severity }) => severity,
    (line, batch, sated) => {
      sent.push({ line, at: Date.now(), batch: [...batch], sated });
      return Promise.resolve(isTold(sated));
    },
  );
  return {
    sent,
    add: (line: string, severity: Severity = 'high') => lines.add(line, { at: Date.now(), severity }),
    lines,
  };
}

/** So many detections of one incident within a time, evenly, on the simulated clock. */
async function flood(add: () => void, count: number, ms: number, stepMs = 10): Promise<void> {
  for (let at = 0, made = 0; at < ms; at += stepMs) {
    for (; made < (count * (at + stepMs)) / ms; made++) add();
    await jest.advanceTimersByTimeAsync(stepMs);
  }
  await jest.advanceTimersByTimeAsync(1_000);
}

describe('the lines of detections', () => {
  it('let the first through at once, and then the others together, a second after the last', async () => {
    const { sent, add } = world();

    add('a');
    await jest.advanceTimersByTimeAsync(300);
    for (let n = 0; n < 5; n++) add('a');
    await jest.advanceTimersByTimeAsync(10_000);
    add('a');

    expect(sent.map(({ at, batch }) => [at, batch.length])).toEqual([
      [0, 1],
      [1_000, 5],
      [10_300, 1],
    ]);
  });

  it('let a raise of severity through at once, with what waited before it, and no timer fires for those again', async () => {
    const { sent, add } = world();

    for (const severity of ['medium', 'medium', 'medium'] as const) add('a', severity);
    await jest.advanceTimersByTimeAsync(500);
    for (const severity of ['critical', 'high'] as const) add('a', severity);
    await jest.advanceTimersByTimeAsync(5_000);

    expect(sent.map(({ at, batch }) => [at, batch.map(({ severity }) => severity)])).toEqual([
      [0, ['medium']],
      [500, ['medium', 'medium', 'critical']],
      [1_500, ['high']],
    ]);
  });

  it('are not held up by one another', async () => {
    const { sent, add } = world();
    for (let n = 0; n < 1_000; n++) add('flooded');

    add('other');

    expect(sent.map(({ line }) => line)).toEqual(['flooded', 'other']);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(sent.at(-1)).toMatchObject({ line: 'flooded', at: 1_000 });
  });

  it('send everything that waits when they are told to, and nothing twice', async () => {
    const { sent, add, lines } = world();
    for (const line of ['a', 'a', 'b', 'b']) add(line);

    lines.flushAll();
    await jest.advanceTimersByTimeAsync(5_000);

    expect(sent.map(({ line, batch }) => `${line} ${batch.length}`)).toEqual(['a 1', 'b 1', 'a 1', 'b 1']);
  });

  it('make at most a signal a second of 100,000 detections within a minute, none of which is lost or waits for longer', async () => {
    const { sent, add } = world();
    let made = 0;

    await flood(() => add('a', made++ === 50_000 ? 'critical' : 'high'), 100_000, 60_000);

    const signals = sent.filter(({ sated }) => !sated);
    expect(signals.length).toBeLessThanOrEqual(63);
    expect(sent.flatMap(({ batch }) => batch)).toHaveLength(100_000);
    expect(
      Math.max(...sent.map(({ at, batch }) => at - Math.min(...batch.map((item) => item.at)))),
    ).toBeLessThanOrEqual(1_000);
    const raised = sent.find(({ batch }) => batch.some(({ severity }) => severity === 'critical'));
    expect(raised?.batch.at(-1)).toEqual({ at: raised?.at, severity: 'critical' });
  });

  it('send no more than a thousand of the same to an incident, and one an hour after that', async () => {
    const { sent, add } = world();

    await flood(() => add('a'), 20_000, 5_000_000, 500);

    const signals = sent.filter(({ sated }) => !sated);
    expect(signals).toHaveLength(1_001);
    expect(sent.flatMap(({ batch }) => batch)).toHaveLength(20_000);
  });

  it('never settle for the record what no incident has taken, while Temporal is away', async () => {
    const { sent, add } = world(() => false);

    await flood(() => add('a'), 3_000, 3_000_000, 1_000);

    expect(sent.length).toBeGreaterThan(2_000);
    expect(sent.filter(({ sated }) => sated)).toEqual([]);
  });
});
