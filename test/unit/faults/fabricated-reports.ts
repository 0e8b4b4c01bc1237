import { openIncident, type Milestone } from '../../../domain/incident';
import type { Notice } from '../../../domain/ports/notifier';
import type { RunReport } from '../../faults/run-report';
import { scenarioNamed } from '../../faults/scenarios';
import { LEAKED, World, type TrueEffect } from '../../faults/world/world';

const CREDENTIAL = 'orders-db';

/** A report made by hand, to be broken. */
export interface Fabricated extends RunReport {
  readonly world: World;
}

export function worldOf(name: string): World {
  return new World({ ...scenarioNamed(name), now: () => 0, onPage: () => undefined });
}

/** What it says of itself, with these milestones reached. */
export function viewOf(milestones: readonly Milestone[], replacement?: number): NonNullable<RunReport['view']> {
  const opened = openIncident(scenarioNamed('separable-medium').assessment, 0);
  return {
    credentialId: CREDENTIAL,
    version: LEAKED,
    startedBy: 'detector',
    incident: { ...opened, milestones: Object.fromEntries(milestones.map((milestone) => [milestone, 1])) },
    audiencesNotified: [],
    ...(replacement === undefined ? {} : { replacement }),
  };
}

/** An effect with its intent and outcome. */
export function did(world: World, action: string, effect: TrueEffect): void {
  recorded(world, action, 'intent', effect.stepKey);
  world.effects.push(effect);
  recorded(world, action, 'outcome', effect.stepKey);
}

export function recorded(world: World, action: string, phase: 'intent' | 'outcome', stepKey = action): void {
  world.audit.push({ action, phase, stepKey, actor: 'workflow', afterEffects: world.effects.length });
}

export function told(world: World, kind: Notice['kind'], summary = ''): void {
  world.told.push({ kind, audience: 'security', incidentId: '', summary, afterEffects: world.effects.length });
}

export function approved(world: World, actor: string, action: 'markFalsePositive' | 'extendOverlap'): void {
  const entry = {
    action: 'approval.used',
    phase: 'outcome' as const,
    stepKey: actor,
    afterEffects: world.effects.length,
  };
  world.audit.push({ ...entry, actor, approved: action });
}

/** Contained, and told. */
export function contained(name = 'separable-medium'): Fabricated {
  const world = worldOf(name);
  world.refuse(LEAKED, 'known-contexts-only', 'contain');
  world.version(LEAKED).state = 'quarantined';
  recorded(world, 'contain', 'intent');
  recorded(world, 'contain', 'outcome');
  told(world, 'contained');
  return { status: 'running', view: viewOf(['contained']), world, calls: [] };
}

/** Ended well, in every respect. */
export function recovered(): Fabricated {
  const { world } = contained();
  const replacement = world.reserve('create');
  world.versions.set(replacement, { atProvider: 'live', state: 'live' });
  did(world, 'create-replacement', { what: 'mint', version: replacement, stepKey: 'create' });
  for (const dependent of world.uses.keys()) {
    world.uses.set(dependent, replacement);
    did(world, 'move-dependent', { what: 'move', version: replacement, dependent, stepKey: dependent });
  }
  world.versions.set(LEAKED, { atProvider: 'dead', state: 'revoked' });
  did(world, 'revoke', { what: 'revoke', version: LEAKED, stepKey: 'revoke' });
  world.refuse(LEAKED, 'revoked', 'revoke');
  recorded(world, 'verify-dead', 'outcome');
  told(world, 'resolved');
  const view = viewOf(['contained', 'replaced', 'moved', 'revoked', 'verified', 'notified', 'closed'], replacement);
  return closed({ status: 'completed', outcome: 'recovered', view, world, calls: [] });
}

/** Restored after a false positive, in every respect. */
export function restored(): Fabricated {
  const { world } = contained();
  approved(world, 'ana', 'markFalsePositive');
  world.audit.push({
    action: 'false-positive',
    phase: 'outcome',
    stepKey: 'd',
    actor: 'ana',
    afterEffects: world.effects.length,
  });
  recorded(world, 'lift-containment', 'intent', 'lift');
  world.setRefusal(LEAKED, 'none', 'lift');
  world.version(LEAKED).state = 'live';
  recorded(world, 'lift-containment', 'outcome', 'lift');
  told(world, 'restored');
  const view = viewOf(['contained', 'closed']);
  return closed({ status: 'completed', outcome: 'false-positive-restored', view, world, calls: [] });
}

function closed(report: Fabricated): Fabricated {
  const { world, outcome = '' } = report;
  world.audit.push({
    action: 'close',
    phase: 'outcome',
    stepKey: 'close',
    actor: 'workflow',
    outcome,
    afterEffects: world.effects.length,
  });
  return report;
}
