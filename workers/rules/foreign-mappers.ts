import type { Mapped } from '../../detectors/sources/mapped';
import { foreignMapper, type ForeignSource } from '../../detectors/sources/registry';
import type { RuleSet } from '../../detectors/sigma/rule-set';

/** One mapper for each source, made when it is first asked for. */
export function foreignMappers(rules: RuleSet): (source: ForeignSource) => (record: unknown) => Mapped {
  const made = new Map<ForeignSource, (record: unknown) => Mapped>();
  return (source) => {
    const map = made.get(source) ?? foreignMapper(source, rules);
    made.set(source, map);
    return map;
  };
}
