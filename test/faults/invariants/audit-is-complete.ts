import { PERSON } from '../answer';
import type { FaultCase, RunReport } from '../run-report';
import type { TrueEffect } from '../world/world';

const ACTIONS: Readonly<Partial<Record<TrueEffect['what'], string>>> = {
  mint: 'create-replacement',
  move: 'move-dependent',
  restore: 'restore-dependent',
  discard: 'discard-replacement',
  revoke: 'revoke',
  loosen: 'lift-containment',
  extend: 'extend-lane',
};

/** What a recovered incident must have on record as done. */
const STORY = ['contain', 'revoke', 'verify-dead', 'close'];

/** Every effect has its intent, what is claimed has its outcome, people's decisions have their names, and the end is the last of it. */
export function auditFaults({ status, outcome, world, view }: RunReport, { scenario }: FaultCase): readonly string[] {
  const { audit, effects } = world;
  const has = (action: string, phase: 'intent' | 'outcome', stepKey?: string): boolean =>
    audit.some(
      (entry) => entry.action === action && entry.phase === phase && (stepKey ?? entry.stepKey) === entry.stepKey,
    );
  const unannounced = effects.filter(({ what, stepKey }) => {
    const action = ACTIONS[what];
    return action !== undefined && !has(action, 'intent', stepKey);
  });
  // Whoever asks a person because it could not tell whether it refused has nothing to record yet.
  const contained = view?.incident.milestones.contained !== undefined;
  const closing = audit.find(({ action }) => action === 'close');
  const answers = view?.incident.timeline.filter(({ note }) => note.startsWith(`${PERSON.actor}: `)).length ?? 0;
  const decisions = audit.filter(({ actor, approved }) => actor !== 'workflow' && approved === undefined).length;
  // Whoever terminates a workflow may keep an effect from its last entry: it has its intent.
  const isCutShort = scenario.outside.some(({ deeds }) =>
    deeds.some(({ does }) => does === 'end-rotation' || does === 'begin-anew'),
  );
  const isMinted = world.setting.past === 'nothing' && !world.setting.issuedByPerson && !isCutShort;
  const story = isMinted ? [...STORY, 'create-replacement'] : STORY;
  return [
    ...unannounced.map(({ what, stepKey }) => `no intent on record: ${what} by ${stepKey}`),
    ...(contained && !has('contain', 'outcome') && !has('lift-containment', 'outcome')
      ? ['the containment is not on record']
      : []),
    ...(answers > decisions ? [`${answers} answers took effect, and ${decisions} are on record`] : []),
    ...(status === 'completed' && closing?.outcome !== outcome
      ? [`it ended as ${outcome}, and its record says ${closing?.outcome ?? 'nothing'}`]
      : []),
    ...(closing && status === 'running' ? ['its record is closed, and it runs'] : []),
    ...(outcome === 'recovered' ? story.filter((action) => !has(action, 'outcome')) : []).map(
      (action) => `recovered, and there is no outcome of ${action} on record`,
    ),
  ];
}
