import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { isNew, learn, NONE_KNOWN } from './known-values';
import { dayOf, hasLearned, teaches } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { forPerson } from './person-text';
import type { Rows } from './rows';
import { SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';
import { workstationAgent, type WorkstationAgent } from './workstation-agents';

/** The confidences stand with the agents, in workstation-agents.ts; from here on a finding is a strong single witness. */
const PARAMETERS = { strong: 0.7 } as const;

/** Agents the workload is known by, so that a script's psql or curl can be habit. */
type WorkloadRows = Rows<'agents'>;

/**
 * A workload's credential driven by a program of people: a database shell, a browser, a command line on a Mac. A session that an
 * instance got from its cloud is driven from that instance or is stolen (GuardDuty InstanceCredentialExfiltration), so agents that no
 * workload has are reported from the first use on; those that scripts use too only when they are not its habit.
 */
export const workloadMisuse = defineDetector<'agents'>({
  id: 'workload-misuse',
  family: 'workload',
  parameters: PARAMETERS,
  initial: { agents: NONE_KNOWN },
  judge,
  remember,
  samples,
});

function judge(rows: WorkloadRows, located: LocatedUsageEvent, facts: SubjectFacts): readonly Finding[] {
  const { event } = located;
  const driver = driverOf(rows, located, facts);
  if (!driver) return NO_FINDINGS;
  const { confidence } = driver;
  const severity = confidence >= PARAMETERS.strong ? 'medium' : 'low';
  const reason = `a workload's credential driven by ${driver.name} ("${forPerson(event.client.agent)}")`;
  return [{ severity, confidence, deterministic: false, accuses: 'use', reason }];
}

function remember(rows: WorkloadRows, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { event, marks } = located;
  if (event.principalKind !== 'workload' || !teaches(located, facts) || driverOf(rows, located, facts)) return;
  learn(rows.agents, marks.agent, dayOf(event.at));
}

/** What drives a workload's credential and is neither a workload nor its habit. */
function driverOf(
  rows: WorkloadRows,
  { event, marks }: LocatedUsageEvent,
  facts: SubjectFacts,
): WorkstationAgent | undefined {
  if (event.principalKind !== 'workload') return undefined;
  const driver = workstationAgent(event.client.agent);
  if (!driver?.scriptable) return driver;
  const isHabit = !hasLearned(facts, event.at) || !isNew(rows.agents, marks.agent, dayOf(event.at));
  return isHabit ? undefined : driver;
}

function samples(): Samples {
  const life = steadyLife({ count: 60, everyMs: 100 });
  const places = SAMPLE_PLACES;
  const late = (agent: string) => [...life, sampleUse({ afterMs: 7_000, agent })];
  const mac = 'aws-cli/2.15.0 Python/3.11.6 Darwin/23.1.0 exe/x86_64';
  return {
    positives: [
      { title: 'psql where only services log in', events: late('psql'), places },
      {
        title: 'a database desktop at the first use',
        events: [sampleUse({ afterMs: 0, agent: 'DBeaver 24.1.0 - Main' })],
        places,
      },
      { title: 'an instance session driven from a Mac', events: [sampleUse({ afterMs: 0, agent: mac })], places },
      { title: 'curl after a life without', events: late('curl/8.5.0'), places },
      {
        title: 'a browser',
        events: late('Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0'),
        places,
      },
    ],
    nearMisses: [
      {
        title: 'a person with a shell',
        events: [...life, sampleUse({ afterMs: 7_000, agent: 'psql', principalKind: 'person' })],
        places,
      },
      {
        title: "the workload's own nightly script",
        events: [
          ...steadyLife({ count: 60, everyMs: 100, agent: 'psql' }),
          sampleUse({ afterMs: 7_000, agent: 'psql' }),
        ],
        places,
      },
      { title: 'another library', events: late('python-requests/2.32'), places },
      { title: 'curl at the first use', events: [sampleUse({ afterMs: 0, agent: 'curl/8.5.0' })], places },
    ],
  };
}
