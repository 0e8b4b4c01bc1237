import type { World } from './world';
import { audited, failure, type WorldActivities } from './world-activity';

type Rotation = Pick<
  WorldActivities,
  'createReplacement' | 'moveDependent' | 'restoreDependent' | 'discardReplacement'
>;

/** Create, distribute, prove use, and the undo of each, in the simulated world: each looks before it acts. */
export function rotationOf(world: World): Rotation {
  const { credential, issuedByPerson, now } = world.setting;
  return {
    createReplacement(step, cut) {
      const { stepKey } = step;
      if (issuedByPerson) throw failure('REPLACEMENT_BY_PERSON', true);
      const number = world.reserve(stepKey);
      const version = world.version(number);
      return audited(world, 'create-replacement', step, cut, () => {
        if (version.atProvider === 'absent') {
          version.atProvider = 'live';
          world.effects.push({ what: 'mint', version: number, stepKey });
        }
        if (world.trouble.rejectsFirstValue && stepKey.endsWith('create.1'))
          throw failure('REPLACEMENT_REJECTED', false);
        if (version.state === 'discarded') {
          // Undone while it ran.
          version.atProvider = 'dead';
          throw failure('VERSION_NOT_LIVE', true);
        }
        version.state = 'live';
        return { at: now(), version: number, publicId: `${credential.principal}_v${number}` };
      });
    },

    moveDependent(step, cut) {
      const { dependentId, to, stepKey } = step;
      if (world.trouble.refusesMove === dependentId) throw failure('DEPENDENT_REFUSED', true);
      return audited(world, 'move-dependent', step, cut, () => {
        if (world.trouble.neverMoves === dependentId) throw failure('DEPENDENT_NOT_MOVED', false);
        if (world.uses.get(dependentId) !== to) {
          world.uses.set(dependentId, to);
          world.effects.push({ what: 'move', version: to, dependent: dependentId, stepKey });
        }
        if (!world.works(to)) throw failure('DEPENDENT_NOT_MOVED', false);
        return { at: now(), detail: `${dependentId} works on version ${to}` };
      });
    },

    restoreDependent(step, cut) {
      const { dependentId, to, stepKey } = step;
      audited(world, 'restore-dependent', step, cut, () => {
        if (world.uses.get(dependentId) === to) return;
        world.uses.set(dependentId, to);
        world.effects.push({ what: 'restore', version: to, dependent: dependentId, stepKey });
      });
      return {};
    },

    discardReplacement(step, cut) {
      const { stepKey } = step;
      const number = 'replacement' in step ? step.replacement : world.reserve(step.createStepKey);
      const version = world.version(number);
      audited(world, 'discard-replacement', step, cut, () => {
        if (version.atProvider === 'live') {
          version.atProvider = 'dead';
          world.effects.push({ what: 'discard', version: number, stepKey });
        }
        version.state = 'discarded';
      });
    },
  };
}
