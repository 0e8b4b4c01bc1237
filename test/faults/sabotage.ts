import { LEAKED, type World } from './world/world';
import type { WorldActivities } from './world/world-activity';

/** A deliberate fault in the product, to show that the invariants find it. */
interface Sabotage {
  readonly bundle?: (code: string) => string;
  readonly activities?: (activities: WorldActivities, world: World) => WorldActivities;
}

/** By what is wrong. */
export const SABOTAGES = {
  'no undo is registered': { bundle: (code) => without(code, /this\.#undos\.push\(\{\s*name,\s*undo\s*\}\);/) },
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
} as const satisfies Readonly<Record<string, Sabotage>>;

export type SabotageName = keyof typeof SABOTAGES;

export function sabotageOf(name: SabotageName | undefined): Sabotage {
  return name === undefined ? {} : SABOTAGES[name];
}

function without(code: string, text: RegExp): string {
  if (!text.test(code)) throw new Error(`the bundle has no ${text.source} that could be taken out`);
  return code.replace(text, '');
}
