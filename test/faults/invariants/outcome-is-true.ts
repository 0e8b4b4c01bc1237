import type { Outcome } from '../../../domain/incident';
import type { RunReport } from '../run-report';
import { LEAKED } from '../world/world';
import { restorationFaults } from './restored-is-true';
import { lastWordOf } from './pages';

type Rule = (report: RunReport) => Readonly<Record<string, boolean>>;

const isContained: Rule = ({ world }) => ({ 'it is not contained': !world.isRefused(LEAKED) });

/** What is not so, by outcome: a new one that is not decided on here does not compile. */
const RULES: Readonly<Record<Outcome, Rule>> = {
  recovered: ({ world, view }) => {
    const { replacement } = view ?? {};
    const works = replacement !== undefined && world.versions.has(replacement) && world.works(replacement);
    return {
      'the leaked version is not dead': world.version(LEAKED).atProvider !== 'dead',
      'gateways do not refuse it for ever': world.refusals.get(LEAKED) !== 'revoked',
      'the replacement does not work': !works,
    };
  },
  'contained-and-rolled-back': (report) => ({
    ...isContained(report),
    'a replacement was left behind': replacementsOf(report).length > 0,
    'a dependent was not sent back': [...report.world.uses.values()].some((version) => version !== LEAKED),
  }),
  'contained-rollback-incomplete': (report) => ({
    ...isContained(report),
    'what was not undone is not said': !/not undone/i.test(lastWordOf(report.world)?.summary ?? ''),
  }),
  'contained-waiting-for-person': isContained,
  'contained-and-handed-over': (report) => ({
    ...isContained(report),
    'it can be seen to by us': report.world.setting.hasProvider,
    'nobody said that it is done': report.world.audit.every(({ action }) => action !== 'go-on'),
  }),
  'false-positive-restored': restorationFaults,
};

/** What an incident says of itself when it is over is how things are. */
export function outcomeFaults(report: RunReport): readonly string[] {
  const { status, outcome, view, world } = report;
  const leaked = world.version(LEAKED);
  const { milestones = undefined } = view?.incident ?? {};
  const claims = {
    'it is called revoked, and works at the provider':
      milestones?.revoked !== undefined && !world.trouble.revokeIsNoRevoke && leaked.atProvider !== 'dead',
    'it is called dead, and is not': milestones?.verified !== undefined && leaked.atProvider !== 'dead',
  };
  return [...named(claims), ...(status === 'completed' ? wrongOutcome(report, outcome) : [])];
}

function wrongOutcome(report: RunReport, outcome = 'none'): readonly string[] {
  const rule = Object.hasOwn(RULES, outcome) ? RULES[outcome as Outcome] : undefined;
  if (!rule) return [`ended with an outcome that nobody decided on: ${outcome}`];
  return named(rule(report)).map((fault) => `${outcome}: ${fault}`);
}

function named(faults: Readonly<Record<string, boolean>>): readonly string[] {
  return Object.keys(faults).filter((fault) => faults[fault]);
}

function replacementsOf({ world }: RunReport): readonly number[] {
  return [...world.versions.keys()].filter(
    (number) => number !== LEAKED && world.version(number).atProvider === 'live',
  );
}
