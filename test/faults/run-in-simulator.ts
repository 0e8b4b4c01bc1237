import { incidentId } from '../../domain/credential';
import { pendingQuestionsQuery, stateQuery, type IncidentView, type PendingQuestion } from '../../workflows/messages';
import { answerTo } from './answer';
import { CallBook } from './call-book';
import { inputOf, rotationIdOf, workflowIdOf } from './input-of';
import { doDeeds, type Reach } from './outside';
import type { Pace } from './pace';
import { performAttempt } from './perform-attempt';
import type { FaultCase, RunReport } from './run-report';
import { encode } from './simulator/payloads';
import { SimulatedTemporal } from './simulator/simulated-temporal';
import { VirtualClock } from './simulator/virtual-clock';
import type { WorkflowSandbox } from './simulator/workflow-sandbox';
import { standingOf } from './standing';
import { World } from './world/world';
import { activitiesOf } from './world/world-activities';
import type { WorldActivities } from './world/world-activity';

const START = Date.UTC(2026, 0, 1);
/** A person reads the page first, and is quicker than a reminder. */
const ANSWER_AFTER_MS = 500;

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
  const { credential, person, outside, story } = scenario;
  const incident = incidentId(credential.id, 1);
  const answer = (): void => {
    const run = temporal.running(incident);
    if (!run || run.broken) return;
    const answered = answerTo(run.query(pendingQuestionsQuery.name) as readonly PendingQuestion[]);
    if (!answered) return;
    world.mend();
    // Until it is taken, or nothing is asked any more.
    void run.update(answered.update.name, answered.person).then(() => clock.after(ANSWER_AFTER_MS, answer));
  };
  const world: World = new World({
    ...scenario,
    now: () => clock.now,
    onPage: ({ kind }) => {
      if (kind === 'person-needed' && person === 'answers') clock.after(ANSWER_AFTER_MS, answer);
    },
  });
  const activities = change(activitiesOf(world), world);
  const book = new CallBook();
  const reach: Reach = {
    cancel: () => temporal.running(incident)?.requestCancel(),
    endRotation(how) {
      const rotation = temporal.running(rotationIdOf(credential.id));
      if (how === 'cancel') rotation?.requestCancel();
      else rotation?.terminate();
    },
    beginAnew() {
      temporal.running(incident)?.terminate();
      begun = begin();
    },
    signal: (name, arg) => temporal.running(incident)?.signal(name, [encode(arg)]),
    update: (name, arg) => void temporal.running(incident)?.update(name, arg),
  };
  const stage = { world, activities, book, faults, onCall: (call: string) => doDeeds(outside, call, reach) };
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
  const begin = () =>
    temporal.start(story, workflowIdOf(scenario, credential.id), inputOf(scenario, credential.id, pace, START));
  let begun = begin();
  const isOver = (): boolean =>
    book.endless !== undefined || temporal.runs.every(({ end }) => end) || temporal.runs.some(({ broken }) => broken);
  await clock.run(START + pace.patience * 1_000, isOver);
  // As on the server: one that waits for nobody at that moment is looked at when it does.
  const isAsked = (): boolean => {
    const view = temporal.running(incident)?.query(stateQuery.name) as IncidentView | undefined;
    return view?.incident.waiting !== undefined;
  };
  if (person === 'nobody' && !isOver()) await clock.run(START + 2 * pace.patience * 1_000, () => isOver() || isAsked());
  return { ...standingOf(story, begun, temporal.runs), world, calls: book.names };
}
