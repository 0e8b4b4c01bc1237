import { faultsOf, type Fault } from './fault';
import type { FaultCase } from './run-report';
import type { Scenario } from './scenarios';

/** The calls that a run with these faults makes. */
export type CallsOf = (faultCase: FaultCase) => Promise<readonly string[]>;

/** Calls that come again and again while nobody answers differ in nothing but their number: so many occurrences are enough. */
const MAX_OCCURRENCE = 3;

/** Every single fault of a scenario: what can go wrong with each call of an undisturbed run. */
export async function singlesOf(scenario: Scenario, callsOf: CallsOf): Promise<readonly FaultCase[]> {
  const calls = await callsOf({ scenario, faults: [] });
  return faultsIn(calls).map((fault) => ({ scenario, faults: [fault] }));
}

/**
 * Every pair of faults of a scenario: after each first fault, whatever can go wrong with every call that the run makes then, those
 * included that are made only because of the first.
 */
export async function pairsOf(first: FaultCase, callsOf: CallsOf): Promise<readonly FaultCase[]> {
  const [fault] = first.faults;
  if (!fault) return [];
  const calls = await callsOf(first);
  const isOf = ({ call }: Fault): boolean => call !== fault.call && !isEarlier(call, fault.call, calls);
  return faultsIn(calls)
    .filter(isOf)
    .map((second) => ({ scenario: first.scenario, faults: [fault, second] }));
}

/** A pair is formed at the earlier of its calls, where both orders would be the same case. */
function isEarlier(call: string, than: string, calls: readonly string[]): boolean {
  return calls.indexOf(call) < calls.indexOf(than);
}

function faultsIn(calls: readonly string[]): readonly Fault[] {
  return calls.filter(isWorthIt).flatMap((call) => faultsOf(call));
}

function isWorthIt(call: string): boolean {
  return Number(call.slice(call.lastIndexOf('#') + 1)) <= MAX_OCCURRENCE;
}
