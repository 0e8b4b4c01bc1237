import {
  STALE_AFTER_MS,
  watchFreshness,
  type BucketState,
  type Freshness,
  type FreshnessState,
} from '../../../enforcement/freshness';

/** A bucket and a follower of it, as they may be. */
function world() {
  const bucket = { bucket: 'b1', lastRevision: 5, empty: false, answers: true };
  const follower = { bucket: 'b1', applied: 5, followedAgain: 0, exists: true };
  const changes: FreshnessState[] = [];
  let asked = 0;
  const freshness = watchFreshness({
    ask(): Promise<BucketState> {
      asked += 1;
      return bucket.answers ? Promise.resolve({ ...bucket }) : new Promise(() => undefined);
    },
    follower: () =>
      follower.exists
        ? {
            bucket: () => follower.bucket,
            appliedRevision: () => follower.applied,
            followAgain: () => void (follower.followedAgain += 1),
          }
        : undefined,
    onChange: (state) => changes.push(state),
  });
  return { bucket, follower, changes, freshness, asked: () => asked };
}

const whyOf = (freshness: Freshness) => {
  const state = freshness.state();
  return state.fresh ? 'fresh' : state.why;
};
const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

describe('freshness', () => {
  beforeEach(() => void jest.useFakeTimers({ now: 1_000_000 }));

  afterEach(() => void jest.useRealTimers());

  it('begins in doubt, and is fresh with the first answer that fits', async () => {
    const { freshness, changes } = world();

    expect(freshness.state()).toEqual({ fresh: false, why: 'no-contact', since: 1_000_000 });
    await pass(1);

    expect([whyOf(freshness), changes]).toEqual(['fresh', [{ fresh: true }]]);
    freshness.stop();
  });

  it('asks once a second and not more', async () => {
    const { freshness, asked } = world();

    await pass(10_000);

    expect(asked()).toBe(11);
    freshness.stop();
  });

  it('is stale two seconds after the last question that was answered, says so once, and recovers', async () => {
    const { freshness, changes, bucket } = world();
    await pass(1_100);
    bucket.answers = false;

    // The last answered question was asked at 1000.
    await pass(STALE_AFTER_MS - 200);
    const before = whyOf(freshness);
    await pass(200);
    const after = whyOf(freshness);
    await pass(10_000);

    expect([before, after]).toEqual(['fresh', 'no-contact']);
    expect(changes).toEqual([
      { fresh: true },
      { fresh: false, why: 'no-contact', since: expect.any(Number) as number },
    ]);
    freshness.stop();
  });

  it('is in doubt as long as nothing is followed', async () => {
    const { follower, changes, freshness } = world();
    await pass(1);
    follower.exists = false;
    await pass(5_000);
    expect(whyOf(freshness)).toBe('no-contact');
    follower.exists = true;

    await pass(1_000);

    expect(whyOf(freshness)).toBe('fresh');
    expect(changes.at(-1)).toEqual({ fresh: true });
    freshness.stop();
  });

  it('is not stale while writes are on their way, and is when one does not come for two seconds', async () => {
    const { freshness, bucket, follower } = world();
    await pass(1);
    for (let second = 0; second < 5; second++) {
      // Always one behind at the moment of the question, and never for long.
      bucket.lastRevision += 1;
      await pass(1_000);
      expect(whyOf(freshness)).toBe('fresh');
      follower.applied = bucket.lastRevision;
    }

    bucket.lastRevision += 1;
    await pass(2_000);
    expect(whyOf(freshness)).toBe('fresh');
    await pass(1_000);
    expect(whyOf(freshness)).toBe('behind');

    follower.applied = bucket.lastRevision;
    expect(whyOf(freshness)).toBe('fresh');
    freshness.stop();
  });

  it('misses nothing of a bucket that holds nothing', async () => {
    const { freshness, bucket, follower } = world();
    Object.assign(bucket, { lastRevision: 9, empty: true });
    follower.applied = 0;

    await pass(5_000);

    expect(whyOf(freshness)).toBe('fresh');
    freshness.stop();
  });

  it.each([
    ['was set back', { lastRevision: 4 }, 'set-back'],
    ['was made anew, though with as many writes', { bucket: 'b2' }, 'other-bucket'],
  ] as const)('knows at once that the bucket %s, and follows again', async (_what, change, why) => {
    const { freshness, bucket, follower } = world();
    await pass(1);
    Object.assign(bucket, change);

    await pass(1_000);
    expect([whyOf(freshness), follower.followedAgain]).toEqual([why, 1]);

    Object.assign(follower, { bucket: bucket.bucket, applied: bucket.lastRevision });
    await pass(1_000);
    expect(whyOf(freshness)).toBe('fresh');
    freshness.stop();
  });

  it('does not take for a set-back what was applied while the answer was on its way', async () => {
    const follower = { applied: 5, followedAgain: 0 };
    const freshness = watchFreshness({
      ask: () => {
        const answer = { bucket: 'b1', lastRevision: follower.applied, empty: false };
        follower.applied += 1;
        return Promise.resolve(answer);
      },
      follower: () => ({
        bucket: () => 'b1',
        appliedRevision: () => follower.applied,
        followAgain: () => void (follower.followedAgain += 1),
      }),
      onChange: () => undefined,
    });

    await pass(5_000);

    expect([whyOf(freshness), follower.followedAgain]).toEqual(['fresh', 0]);
    freshness.stop();
  });

  it('does not ask again before the last question is answered or given up', async () => {
    const { freshness, bucket, asked } = world();
    await pass(1);
    bucket.answers = false;

    await pass(5_000);

    expect(asked()).toBe(2);
    freshness.stop();
  });
});
