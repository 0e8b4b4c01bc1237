import type { FreshnessState } from '../../../enforcement/freshness';
import { createStaleness, type StalenessReport } from '../../../enforcement/staleness';

/** A freshness and a fallback that are as they are told. */
function world(withFallback = true) {
  const now: { state: FreshnessState; vouched: boolean; asking: boolean } = {
    state: { fresh: false, why: 'no-contact', since: 1 },
    vouched: false,
    asking: false,
  };
  const reports: StalenessReport[] = [];
  let told: (state: FreshnessState) => void = () => undefined;
  const staleness = createStaleness({
    watch: (onChange) => {
      told = onChange;
      return { state: () => now.state, stop: () => undefined };
    },
    fallback: withFallback
      ? {
          start: () => void (now.asking = true),
          stop: () => void (now.asking = false),
          fresh: () => now.vouched,
        }
      : undefined,
    onChange: (report) => reports.push(report),
  });
  const become = (state: FreshnessState): void => {
    now.state = state;
    told(state);
  };
  return { now, reports, staleness, become };
}

describe('staleness', () => {
  beforeEach(() => void jest.useFakeTimers());

  afterEach(() => void jest.useRealTimers());

  it('asks the fallback as long as NATS is away, and only then', () => {
    const { now, staleness, become } = world();
    const asked = [now.asking];

    become({ fresh: true });
    asked.push(now.asking);
    become({ fresh: false, why: 'behind', since: 2 });
    asked.push(now.asking);
    staleness.stop();

    expect([...asked, now.asking]).toEqual([true, false, true, false]);
  });

  it.each([
    [true, false, 'stale'],
    [true, true, 'fallback'],
    [false, false, 'stale'],
  ] as const)('with a fallback %s that vouches %s is %s', (withFallback, vouched, trust) => {
    const { now, staleness } = world(withFallback);
    now.vouched = vouched;

    expect(staleness.report()).toEqual({ trust, why: 'no-contact', since: 1 });
    staleness.stop();
  });

  it('raises no alarm for the doubt it begins with, and one for each change after that', () => {
    const { now, reports, staleness, become } = world();
    jest.advanceTimersByTime(1_000);
    expect(reports).toEqual([]);

    become({ fresh: true });
    jest.advanceTimersByTime(2_000);
    become({ fresh: false, why: 'no-contact', since: 5 });
    jest.advanceTimersByTime(2_000);
    now.vouched = true;
    jest.advanceTimersByTime(2_000);
    become({ fresh: true });
    jest.advanceTimersByTime(2_000);

    expect(reports.map(({ trust }) => trust)).toEqual(['fresh', 'stale', 'fallback', 'fresh']);
    staleness.stop();
  });

  it('raises the alarm when the doubt does not end', () => {
    const { reports, staleness } = world();

    jest.advanceTimersByTime(10_000);

    expect(reports).toEqual([{ trust: 'stale', why: 'no-contact', since: 1 }]);
    staleness.stop();
  });
});
