import { approvalText } from './approval-text';
import type { World } from './world';
import { audit, failure, type WorldActivities } from './world-activity';

type People = Pick<WorldActivities, 'notifyAudience' | 'recordDecision' | 'useApproval'>;

/** Telling people, and writing down what they decide, in the simulated world. */
export function peopleOf(world: World): People {
  return {
    notifyAudience(step, cut) {
      const { audience, notice, stepKey, incidentId } = step;
      const key = `${stepKey}/${audience}`;
      if (!world.deliveries.has(key)) {
        world.deliveries.add(key);
        const { kind, summary } = notice;
        world.told.push({ kind, audience, incidentId, summary, afterEffects: world.effects.length });
      }
      cut();
      audit(world, 'notify', 'outcome', step);
      return { at: world.setting.now(), channels: 1 };
    },

    useApproval({ actor, action, approval, detail: { run: _ofThisOne, ...detail }, stepKey }, cut) {
      const isFor = approval === approvalText({ actor, action, detail });
      if (!isFor) throw failure('APPROVAL_REFUSED', true);
      cut();
      const afterEffects = world.effects.length;
      world.audit.push({ action: 'approval.used', approved: action, phase: 'outcome', stepKey, actor, afterEffects });
      return { approvalId: stepKey };
    },

    recordDecision({ actor, decision, stepKey }) {
      world.audit.push({ action: decision, phase: 'outcome', stepKey, actor, afterEffects: world.effects.length });
    },
  };
}
