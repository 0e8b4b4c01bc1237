import { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../../../activities';
import type { KnowingStep } from '../../../activities/incident-step';
import { LEAKED, type AuditEntry, type World } from './world';

/** Called where the effect is there and its record is not yet: a fault after the effect cuts in here. */
export type Cut = () => void;

/** The same names, arguments and answers as the real ones: an activity that is added and missing here does not compile. */
export type WorldActivities = {
  readonly [Name in keyof Activities]: (
    input: Parameters<Activities[Name]>[0],
    cut: Cut,
  ) => Awaited<ReturnType<Activities[Name]>>;
};

/** A failure as the activity edge makes it. */
export function failure(type: string, nonRetryable: boolean): ApplicationFailure {
  return ApplicationFailure.create({ type, message: `${type}: in the simulated world`, nonRetryable });
}

export interface Step {
  readonly stepKey: string;
}

export function audit(
  world: World,
  action: string,
  phase: AuditEntry['phase'],
  { stepKey }: Step,
  outcome?: string,
): void {
  const more = outcome === undefined ? {} : { outcome };
  world.audit.push({ action, phase, stepKey, actor: 'workflow', afterEffects: world.effects.length, ...more });
}

/** As the inventory does: for as long as it is refused. */
export function keepKnown(world: World, { known, simulated }: Pick<KnowingStep, 'known' | 'simulated'>): void {
  const { state } = world.version(LEAKED);
  if (known && !simulated && (state === 'quarantined' || state === 'revoked')) world.known = known;
}

/** Intent, effect, outcome: with the cut after the effect. */
export function audited<T>(world: World, action: string, step: Step, cut: Cut, effect: () => T): T {
  audit(world, action, 'intent', step);
  const result = effect();
  cut();
  audit(world, action, 'outcome', step);
  return result;
}
