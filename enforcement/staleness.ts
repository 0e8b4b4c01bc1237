import type { DenylistFallback } from './denylist-fallback';
import { STALE_AFTER_MS, type Freshness, type FreshnessState, type StaleReason } from './freshness';

/** `fallback`: NATS is away, and the API vouches for the denylist meanwhile. `stale`: nobody does. */
export type Trust = 'fresh' | 'fallback' | 'stale';

export interface StalenessReport {
  readonly trust: Trust;
  /** Why NATS can't be relied on, and since when (milliseconds since the epoch). */
  readonly why?: StaleReason;
  readonly since?: number;
}

export interface Staleness {
  report(): StalenessReport;
  stop(): void;
}

export interface StalenessParts {
  readonly watch: (onChange: (state: FreshnessState) => void) => Freshness;
  readonly fallback: DenylistFallback | undefined;
  /** The alarm: called once for each change of trust or of its reason. */
  readonly onChange: (report: StalenessReport) => void;
}

const LOOK_EVERY_MS = 250;

/** How far the denylist in this process can be trusted. It asks the fallback as long as NATS is away, and only then. */
export function createStaleness(parts: StalenessParts): Staleness {
  let last = '';
  // It begins in doubt, which is no alarm yet.
  const doubtUntil = performance.now() + STALE_AFTER_MS;
  const freshness = parts.watch((state) => {
    if (state.fresh) parts.fallback?.stop();
    else parts.fallback?.start();
  });

  function report(): StalenessReport {
    const state = freshness.state();
    if (state.fresh) return { trust: 'fresh' };
    return { trust: parts.fallback?.fresh() ? 'fallback' : 'stale', why: state.why, since: state.since };
  }

  function look(): void {
    const now = report();
    const shown = `${now.trust} ${now.why ?? ''}`;
    if (shown === last || (now.trust !== 'fresh' && performance.now() < doubtUntil)) return;
    last = shown;
    parts.onChange(now);
  }

  // Freshness tells only of changes.
  parts.fallback?.start();
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    report,
    stop() {
      clearInterval(timer);
      freshness.stop();
      parts.fallback?.stop();
    },
  };
}
