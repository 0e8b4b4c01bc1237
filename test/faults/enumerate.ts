import { faultsOf, isOfPairs, type Fault } from './fault';
import type { FaultCase } from './run-report';
import type { Scenario } from './scenario';

/** Every single fault of a scenario: what can go wrong with each call of its undisturbed run. */
export function singlesOf(scenario: Scenario, calls: readonly string[]): readonly FaultCase[] {
  return calls.flatMap((call) => faultsOf(call, 'single')).map((fault) => ({ scenario, faults: [fault] }));
}

/**
 * Every pair that begins with the fault of `first`: whatever can go wrong with every call that its run makes besides, those included that
 * are made only because of the first. Where both orders are the same case, it belongs to the fault whose call comes first.
 */
export function pairsOf({ scenario, faults }: FaultCase, calls: readonly string[]): readonly FaultCase[] {
  const [first] = faults;
  if (!scenario.pairs || !first || !isOfPairs(first)) return [];
  const later = calls.slice(calls.indexOf(first.call) + 1);
  const second = later.flatMap((call): readonly Fault[] => faultsOf(call, 'pair'));
  return second.map((fault) => ({ scenario, faults: [first, fault] }));
}
