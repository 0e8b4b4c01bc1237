import { withoutOurValues } from '../../domain/token-format';
import type { UsageEvent } from '../../domain/usage-event';

/** Who used a credential, as its source tells. What is ours is taken out before texts are cut: of half a token nobody could tell that it is one. */
export function clientOf(address: string, agent: string): UsageEvent['client'] {
  return { address: withoutOurValues(address).slice(0, 64), agent: withoutOurValues(agent).slice(0, 512) };
}
