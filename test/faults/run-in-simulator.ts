import { incidentId } from '../../domain/credential';
import { detectionSignal, pendingQuestionsQuery, type PendingQuestion } from '../../workflows/messages';
import { CRITICAL_SIGNAL } from '../support/recorded-scenarios';
import { CallBook } from './call-book';
import { answerTo } from './answer';
import type { Deed } from './deeds';
import { performAttempt } from './perform-attempt';
import type { FaultCase, RunReport } from './run-report';
import { inputOf, watchOf, type Pace } from './pace';
import { encode } from './simulator/payloads';
import type { SimulatedRun } from './simulator/simulated-run';
import { SimulatedTemporal } from './simulator/simulated-temporal';
import { VirtualClock } from './simulator/virtual-clock';
import { standingOf, viewOf } from './standing';
import type { WorkflowSandbox } from './simulator/workflow-sandbox';
import { World } from './world/world';
import { activitiesOf } from './world/world-activities';
import type { WorldActivities } from './world/world-activity';

const START = Date.UTC(2026, 0, 1);
/** A person reads the page first, and is quicker than a reminder. */
const ANSWER_AFTER_MS = 500;

const BEGIN_AGAIN_AFTER_MS = 50;

/** Replaces activities of the world: how a test shows that a broken one is found. */
export type ChangeActivities = (activities: WorldActivities, world: World) => WorldActivities;

/** Runs one case in this process and in virtual time. */
export async function runInSimulator(
  sandbox: WorkflowSandbox,
  { scenario, faults }: FaultCase,
  pace: Pace,
  change: ChangeActivities = (unchanged) => unchanged,
): Promise<RunReport> {
  const clock = new VirtualClock(START);
  const { credential, hasProvider, trouble, before, person, says, workflow } = scenario;
  const id = incidentId(credential.id, 1);
  const answer = (): void => {
    const run = temporal.running(id);
    if (!run || run.broken) return;
    const answered = answerTo(run.query(pendingQuestionsQuery.name) as readonly PendingQuestion[], says);
    if (!answered) return;
    world.mend();
    // Until it is taken, or nothing is asked any more.
    void run.update(answered.update.name, answered.person).then(() => clock.after(ANSWER_AFTER_MS, answer));
  };
  const world: World = new World({
    credential,
    hasProvider,
    trouble,
    before,
    now: () => clock.now,
    onPage: ({ kind }) => {
      if (kind === 'person-needed' && person === 'answers') clock.after(ANSWER_AFTER_MS, answer);
    },
  });
  const activities = change(activitiesOf(world), world);
  const book = new CallBook();
  const onCall = (call: string): void => {
    if (call === scenario.outside?.when)
      for (const deed of scenario.outside.does) {
        if (deed.does === 'begin-again') beginAgain();
        else perform(main, deed);
      }
  };
  const stage = { world, activities, book, faults, onCall };
  const temporal: SimulatedTemporal = new SimulatedTemporal(
    sandbox,
    clock,
    new Set(Object.keys(activities)),
    async (task) => {
      const end = await performAttempt(stage, task);
      if ('silence' in end && end.silence === 'lost') temporal.evictAll();
      return end;
    },
  );
  const input = inputOf(scenario, credential.id, pace);
  let begins = false;
  const beginAgain = (): void => {
    begins = true;
    temporal.running(id)?.terminate();
    clock.after(BEGIN_AGAIN_AFTER_MS, () => {
      temporal.start('respondToLeak', id, input);
      begins = false;
    });
  };
  const main: SimulatedRun =
    workflow === undefined
      ? temporal.start('respondToLeak', id, input)
      : temporal.start(workflow, `${workflow}/1`, workflow === 'watchContainment' ? watchOf(input, id, START) : input);
  const isOver = (): boolean =>
    book.endless !== undefined ||
    (!begins && temporal.runs.every(({ end }) => end)) ||
    temporal.runs.some(({ broken }) => broken);
  await clock.run(START + pace.patience * 1_000, isOver);
  // As on the server: one that waits for nobody at that moment is looked at when it does.
  const isAsked = (): boolean => temporal.running(id) !== undefined && viewOf(temporal)?.incident.waiting !== undefined;
  if (person === 'nobody' && !isOver()) await clock.run(START + 2 * pace.patience * 1_000, () => isOver() || isAsked());
  return { ...standingOf(main, temporal), world, calls: book.names };
}

function perform(run: SimulatedRun, deed: Deed): void {
  if (deed.does === 'cancel') run.requestCancel();
  else if (deed.does === 'update') void run.update(deed.update, deed.input);
  else run.signal(detectionSignal.name, [encode(CRITICAL_SIGNAL)]);
}
