/** What the bucket says of itself. */
export interface BucketState {
  /** When it was made: a bucket that was made anew is another. */
  readonly bucket: string;
  readonly lastRevision: number;
  /** Nothing stands in it, whatever its last revision was. */
  readonly empty: boolean;
}

/** The follower whose freshness is in question. */
export interface Followed {
  bucket(): string;
  appliedRevision(): number;
  followAgain(): void;
}

export type StaleReason = 'no-contact' | 'behind' | 'set-back' | 'other-bucket';

/** `since`: milliseconds since the epoch. */
export type FreshnessState =
  { readonly fresh: true } | { readonly fresh: false; readonly why: StaleReason; readonly since: number };

export interface Freshness {
  /** As of now, not of the last look. */
  state(): FreshnessState;
  stop(): void;
}

export interface FreshnessParts {
  /** Asks the bucket; rejects when it does not answer. */
  readonly ask: () => Promise<BucketState>;
  /** Undefined until there is one. */
  readonly follower: () => Followed | undefined;
  readonly onChange: (state: FreshnessState) => void;
}

/** design.md: a gateway that lost NATS for two seconds knows that it is stale. */
export const STALE_AFTER_MS = 2_000;
const ASK_EVERY_MS = 1_000;
const LOOK_EVERY_MS = 250;

/**
 * Knows whether what was applied is what the bucket holds. One question a second proves contact and tells how far the bucket is: a
 * watch alone is silent both when nothing happens and when nothing comes through.
 */
export function watchFreshness({ ask, follower, onChange }: FreshnessParts): Freshness {
  let state: FreshnessState = { fresh: false, why: 'no-contact', since: Date.now() };
  let answeredAt = -Infinity;
  let askedAt = -Infinity;
  let asking = false;
  /** What the bucket said that does not fit what is followed. */
  let misfit: 'set-back' | 'other-bucket' | undefined;
  /** A revision that is not applied yet, and since when it is wanted. */
  let wanted: { readonly revision: number; readonly since: number } | undefined;

  async function question(): Promise<void> {
    const followed = follower();
    if (!followed || asking) return;
    asking = true;
    askedAt = performance.now();
    // What was applied before the question can't be more than the answer tells, unless the bucket was set back.
    const [sentAt, appliedBefore] = [askedAt, followed.appliedRevision()];
    try {
      judge(await ask(), followed, appliedBefore, sentAt);
    } catch {
      // No answer: the time that passes without one tells.
    } finally {
      asking = false;
    }
    look();
  }

  function judge(answer: BucketState, followed: Followed, appliedBefore: number, sentAt: number): void {
    answeredAt = sentAt;
    misfit =
      answer.bucket !== followed.bucket()
        ? 'other-bucket'
        : answer.lastRevision < appliedBefore
          ? 'set-back'
          : undefined;
    if (misfit) return followed.followAgain();
    if (wanted && followed.appliedRevision() >= wanted.revision) wanted = undefined;
    const missing = !answer.empty && answer.lastRevision > followed.appliedRevision();
    if (missing) wanted ??= { revision: answer.lastRevision, since: sentAt };
    else wanted = undefined;
  }

  function reason(): StaleReason | undefined {
    const now = performance.now();
    if (now - answeredAt >= STALE_AFTER_MS) return 'no-contact';
    if (misfit) return misfit;
    if (!wanted || now - wanted.since < STALE_AFTER_MS) return undefined;
    return (follower()?.appliedRevision() ?? 0) < wanted.revision ? 'behind' : undefined;
  }

  function look(): FreshnessState {
    const why = reason();
    const before = state.fresh ? undefined : state.why;
    if (why !== before) {
      const since = state.fresh ? Date.now() : state.since;
      state = why === undefined ? { fresh: true } : { fresh: false, why, since };
      onChange(state);
    }
    return state;
  }

  const timer = setInterval(() => {
    look();
    if (performance.now() - askedAt >= ASK_EVERY_MS) void question();
  }, LOOK_EVERY_MS);
  void question();

  return { state: look, stop: () => clearInterval(timer) };
}
