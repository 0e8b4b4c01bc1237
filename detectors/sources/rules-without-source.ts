import type { LogSource } from '../sigma/rule';
import type { RuleSet } from '../sigma/rule-set';
import { RECORD_KINDS } from './registry';

const MOST_NAMED = 10;

/** Says of which products there are rules that are about records no source of ours hands over, and can match nothing; undefined where there are none. */
export function rulesWithoutSource(rules: RuleSet): string | undefined {
  const sources = rules.beyond(RECORD_KINDS);
  if (sources.length === 0) return undefined;
  const counts = new Map<string, number>();
  for (const source of sources) counts.set(nameOf(source), (counts.get(nameOf(source)) ?? 0) + 1);
  const named = [...counts].sort(([a, more], [b, most]) => most - more || a.localeCompare(b));
  const shown = named.slice(0, MOST_NAMED).map(([name, count]) => `${name} (${count})`);
  const others = named.length > MOST_NAMED ? [`${named.length - MOST_NAMED} others`] : [];
  return `rules about sources that are not read here, ${sources.length} in all, match nothing: ${[...shown, ...others].join(', ')}`;
}

/** The product tells enough, unless we read something else of it. */
function nameOf({ product, service, category }: LogSource): string {
  const isKnown = RECORD_KINDS.some((kind) => kind.product === product);
  const words = isKnown ? [product, category, service] : [product ?? category ?? service];
  return words.filter((word) => typeof word === 'string').join('/');
}
