import { LEAKED, type World } from './world/world';
import type { WorldActivities } from './world/world-activity';

/** A deliberate fault in the product, to show that the invariants find it. */
interface Sabotage {
  /** Where it shows, when not everywhere. */
  readonly scenario?: string;
  readonly bundle?: (code: string) => string;
  readonly activities?: (activities: WorldActivities, world: World) => WorldActivities;
}

/** By what is wrong. */
export const SABOTAGES = {
  'no undo is registered': { bundle: (code) => without(code, 'this.#undos.push({ name, undo });') },
  'an undo lifts the containment': {
    activities: (activities, world) => ({
      ...activities,
      discardReplacement(step, cut) {
        world.setRefusal(LEAKED, 'none', step.stepKey);
        world.version(LEAKED).atProvider = 'live';
        activities.discardReplacement(step, cut);
      },
    }),
  },
  'revoking is believed and not done': {
    activities: (activities) => ({
      ...activities,
      revokeVersion: () => ({ at: 1, evidence: 'believe me' }),
      verifyDead: () => ({ at: 1, proof: 'state', evidence: 'believe me' }),
    }),
  },
  'a lift is believed and not done': {
    scenario: 'false-positive-before-revoke',
    activities: (activities) => ({ ...activities, liftContainment: () => ({ at: 1, evidence: 'believe me' }) }),
  },
  'a lift needs no approval': {
    scenario: 'false-positive-before-revoke',
    activities: (activities) => ({ ...activities, useApproval: () => ({ approvalId: 'none' }) }),
  },
  'those who were told that it is refused are not told that it is not': {
    scenario: 'false-positive-handed-over',
    bundle: (code) => without(code, "(0, workflow_1.patched)('tell-restored')", 'false'),
  },
  'a rehearsal refuses': {
    scenario: 'rehearsed',
    activities: (activities, world) => ({
      ...activities,
      rehearseStep(step, cut) {
        world.refuse(LEAKED, 'deny-all', step.stepKey);
        return activities.rehearseStep(step, cut);
      },
    }),
  },
  'a watch looks away': {
    scenario: 'watched-and-drifts',
    activities: (activities, world) => ({
      ...activities,
      checkDrift(step, cut) {
        activities.checkDrift(step, cut);
        return world.version(LEAKED).atProvider === 'live' ? {} : { control: 2 };
      },
    }),
  },
} as const satisfies Readonly<Record<string, Sabotage>>;

export type SabotageName = keyof typeof SABOTAGES;

export function sabotageOf(name: SabotageName | undefined): Sabotage {
  return name === undefined ? {} : SABOTAGES[name];
}

function without(code: string, text: string, instead = ''): string {
  if (!code.includes(text)) throw new Error(`the bundle has no "${text}" that could be taken out`);
  return code.replace(text, instead);
}
