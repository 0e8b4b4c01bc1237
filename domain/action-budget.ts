/** How many irreversible actions Tourniquet may take by itself; design.md rule 13. */
export interface ActionBudgets {
  /** The window the counts are taken over, in seconds. */
  readonly windowSeconds: number;
  readonly perProvider: number;
  readonly perTeam: number;
}

/**
 * Few real leaks come at once; a flood of them is a mass leak or somebody who feeds us lies, and both need a person before anything is
 * ended for ever. What is refused stays refused meanwhile, so waiting costs work and no safety.
 */
export const DEFAULT_BUDGETS: ActionBudgets = { windowSeconds: 3_600, perProvider: 10, perTeam: 5 };

/** Automatic irreversible actions in the window so far. */
export interface ActionCounts {
  readonly provider: number;
  readonly team: number;
}

export type SpentBudget =
  { readonly of: 'provider'; readonly limit: number } | { readonly of: 'team'; readonly limit: number };

/** The budget that allows no further action; undefined when both do. */
export function spentBudget(counts: ActionCounts, budgets: ActionBudgets): SpentBudget | undefined {
  if (counts.team >= budgets.perTeam) return { of: 'team', limit: budgets.perTeam };
  if (counts.provider >= budgets.perProvider) return { of: 'provider', limit: budgets.perProvider };
  return undefined;
}
