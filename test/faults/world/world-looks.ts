import { LEAKED, REPLACED_BEFORE, type World } from './world';
import { audit, failure, type WorldActivities } from './world-activity';

type Looks = Pick<WorldActivities, 'observeUse' | 'checkWave' | 'checkDrift' | 'rehearseStep' | 'recordRehearsal'>;

/** Looks that change nothing, in the simulated world. */
export function looksOf(world: World): Looks {
  const { now } = world.setting;
  return {
    observeUse: () => ({ at: now(), visible: true, contexts: [] }),

    checkWave(step, cut) {
      const works = step.dependents.every((id) => world.uses.get(id) === step.to) && world.works(step.to);
      if (!works) throw failure('DEPENDENT_NOT_MOVED', false);
      cut();
      audit(world, 'gate', 'outcome', step);
      return { at: now(), detail: 'its use is seen' };
    },

    checkDrift(step, cut) {
      const { worksAgainAtLook, looksTellNothing } = world.trouble;
      const look = Number(/\.(\d+)$/.exec(step.stepKey)?.[1] ?? 0);
      if (worksAgainAtLook !== undefined && look >= worksAgainAtLook) world.version(LEAKED).atProvider = 'live';
      if (looksTellNothing) throw failure('COULD_NOT_TELL', false);
      cut();
      audit(world, 'check-drift', 'outcome', step);
      const control = REPLACED_BEFORE;
      return world.version(LEAKED).atProvider === 'dead' ? { control } : { drift: 'it works again', control };
    },

    rehearseStep: () => ({ detail: 'could be done' }),

    recordRehearsal(step, cut) {
      cut();
      audit(world, 'dry-run', 'outcome', step);
    },
  };
}
