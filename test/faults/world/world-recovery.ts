import { LEAKED, type World } from './world';
import { audit, audited, failure, keepKnown, type WorldActivities } from './world-activity';

type Recovery = Pick<
  WorldActivities,
  'revokeVersion' | 'verifyDead' | 'closeAudit' | 'liftContainment' | 'extendLane' | 'readMovingTime'
>;

/** The irreversible end and the proof of it, in the simulated world. */
export function recoveryOf(world: World): Recovery {
  const { now } = world.setting;
  return {
    revokeVersion(step, cut) {
      const { decidedBy, stepKey } = step;
      if (world.trouble.budgetSpent && decidedBy === undefined) throw failure('ACTION_BUDGET_SPENT', true);
      return audited(world, 'revoke', step, cut, () => {
        const version = world.version(LEAKED);
        if (version.atProvider !== 'dead' && !world.trouble.revokeIsNoRevoke) {
          version.atProvider = 'dead';
          world.effects.push({ what: 'revoke', version: LEAKED, stepKey });
        }
        version.state = 'revoked';
        world.refuse(LEAKED, 'revoked', stepKey);
        return { at: now(), evidence: 'ended in the simulated world' };
      });
    },

    verifyDead(step, cut) {
      if (world.version(LEAKED).atProvider !== 'dead') throw failure('STILL_ALIVE', false);
      world.breakReplacement(step.control);
      if (world.broken.has(step.control)) throw failure('CONTROL_REFUSED', true);
      if (!world.works(step.control)) throw failure('COULD_NOT_TELL', false);
      cut();
      audit(world, 'verify-dead', 'outcome', step);
      return { at: now(), proof: 'presented', evidence: 'old refused, control accepted' };
    },

    liftContainment(step, cut) {
      const version = world.version(LEAKED);
      if (version.state === 'revoked') throw failure('CONTAINMENT_FINAL', true);
      return audited(world, 'lift-containment', step, cut, () => {
        if (world.isRefused(LEAKED)) world.setRefusal(LEAKED, 'none', step.stepKey);
        if (version.atProvider === 'locked') version.atProvider = 'live';
        version.state = 'live';
        world.known = undefined;
        return { at: now(), evidence: 'refused no longer' };
      });
    },

    extendLane(step, cut) {
      // Lanes end some day in any case, so nobody counts on one (World.works).
      return audited(world, 'extend-lane', step, cut, () => {
        const { stepKey } = step;
        const isDone = world.effects.some((effect) => effect.what === 'extend' && effect.stepKey === stepKey);
        if (!isDone) world.effects.push({ what: 'extend', version: LEAKED, stepKey });
        // A repetition gives nothing more, as in the database.
        if (!world.granted.has(stepKey))
          world.granted.set(stepKey, { seconds: step.seconds, generation: step.generation });
        const hasLane = world.refusals.get(LEAKED) === 'known-contexts-only';
        if (hasLane) world.laneUntil = Math.max(now(), world.laneUntil) + step.seconds * 1_000;
        return { at: now(), laneUntil: hasLane ? world.laneUntil : 0, evidence: 'open for longer' };
      });
    },

    readMovingTime({ stepKey, generation }) {
      const grant = world.granted.get(stepKey);
      return { seconds: grant?.generation === generation ? (grant?.seconds ?? 0) : 0 };
    },

    closeAudit(step) {
      keepKnown(world, step);
      audit(world, 'close', 'outcome', step, step.outcome);
      return { at: now() };
    },
  };
}
