import { LEAKED, type World } from './world';
import { audit, failure, type WorldActivities } from './world-activity';

type Looks = Pick<
  WorldActivities,
  | 'observeUse'
  | 'checkWave'
  | 'findBroken'
  | 'findUsers'
  | 'testReplacement'
  | 'checkDrift'
  | 'rehearseStep'
  | 'recordRehearsal'
>;

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

    findBroken: ({ dependents, to }) => dependents.filter((id) => world.uses.get(id) === to && !world.works(to)),

    findUsers: ({ dependents, to }) =>
      world.version(to).state === 'live' ? dependents.filter((id) => (world.uses.get(id) ?? 0) >= to) : [],

    testReplacement({ replacement }) {
      if (!world.works(replacement)) throw failure('REPLACEMENT_REJECTED', true);
    },

    checkDrift(step, cut) {
      if (world.trouble.nothingIsSeen) throw failure('COULD_NOT_TELL', false);
      cut();
      audit(world, 'check-drift', 'outcome', step);
      return world.version(LEAKED).atProvider === 'dead' ? {} : { drift: 'it works again' };
    },

    rehearseStep: () => ({ detail: 'could be done' }),

    recordRehearsal(step, cut) {
      cut();
      audit(world, 'dry-run', 'outcome', step);
    },
  };
}
