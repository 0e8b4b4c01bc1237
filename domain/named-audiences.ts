import type { Escalation } from './escalation';
import type { Policy, PolicyFault } from './policy';

/** One place where a policy says who is told. */
export interface NamedAudience {
  readonly path: PolicyFault['path'];
  readonly audience: string;
}

/** Every audience that a policy names, wherever it does: each must be reachable, or a page goes nowhere. */
export function namedAudiences({ escalation, audiences, overrides = [] }: Policy): readonly NamedAudience[] {
  return [
    ...ofLadder(escalation, ['escalation']),
    ...Object.entries(audiences ?? {}).flatMap(([moment, names]) => named(names, ['audiences', moment])),
    ...overrides.flatMap(({ escalation: own }, index) => ofLadder(own, ['overrides', index, 'escalation'])),
  ];
}

function ofLadder(ladder: Escalation | undefined, path: PolicyFault['path']): readonly NamedAudience[] {
  return (ladder?.steps ?? []).flatMap(({ tell }, index) => named(tell, [...path, 'steps', index, 'tell']));
}

function named(names: readonly string[], path: PolicyFault['path']): readonly NamedAudience[] {
  return names.map((audience, index) => ({ audience, path: [...path, index] }));
}
