import { publicIdSubject } from '../../../domain/subject';
import { LEAKED, type World } from './world';
import { audit, failure, keepKnown, type WorldActivities } from './world-activity';

type Containment = Pick<
  WorldActivities,
  'loadCredential' | 'containVersion' | 'findLaneEnd' | 'confirmInForce' | 'keepKnown' | 'recordContainment'
>;

const GATEWAYS = ['gateway-1'];

function isLifted({ effects }: World): boolean {
  return effects.some(({ what }) => what === 'loosen');
}

function listed({ refusals, laneUntil }: World): { readonly laneUntil?: number } {
  const refusal = refusals.get(LEAKED);
  if (refusal === 'none') return {};
  return { laneUntil: refusal === 'known-contexts-only' ? laneUntil : 0 };
}

/** The refusal and the record of it, in the simulated world. */
export function containmentOf(world: World): Containment {
  const { credential, hasProvider, issuedByPerson, now } = world.setting;
  const reach = issuedByPerson ? ({ canQuarantine: false, canMint: false } as const) : {};
  return {
    loadCredential(input) {
      const { state } = world.version(LEAKED);
      const isOpenAgain = input.reopened !== undefined && state === 'revoked';
      const isProven =
        world.setting.past.startsWith('ended') || world.audit.some(({ action }) => action === 'verify-dead');
      const isUnproven = state === 'revoked' && !isProven;
      if (state !== 'live' && state !== 'quarantined' && !isOpenAgain && !isUnproven)
        throw failure('VERSION_NOT_LIVE', true);
      const living = [...world.versions].flatMap(([number, { state: is }]) =>
        number > LEAKED && is === 'live' ? [number] : [],
      );
      const newest = living.at(-1);
      const newer = newest === undefined || isOpenAgain ? {} : { newer: newest };
      const secret = { store: 'postgres', path: `credentials/${credential.id}`, version: LEAKED };
      const publicId = `${credential.principal}_v${LEAKED}`;
      const subjects = [publicIdSubject(credential.provider, `${credential.account}/${publicId}`)];
      const { known: knownAgainst } = world;
      const known = knownAgainst ? { knownAgainst } : {};
      const version = { credentialId: credential.id, version: LEAKED, publicId, subjects, state, secret, ...known };
      return { credential, version, hasProvider, ...reach, ...newer, living };
    },

    containVersion({ plan, stepKey }, cut) {
      // One that began before a person set it free comes too late.
      if (isLifted(world)) throw failure('CONTAINMENT_LIFTED', true);
      world.refuse(LEAKED, plan.quarantine.mode, stepKey);
      const version = world.version(LEAKED);
      if (
        plan.quarantine.mode === 'deny-all' &&
        !plan.leftToPerson &&
        !plan.endsOnly &&
        version.atProvider === 'live'
      ) {
        version.atProvider = 'locked';
        world.effects.push({ what: 'lock', version: LEAKED, stepKey });
      }
      cut();
      if (plan.quarantine.mode !== 'deny-all')
        world.laneUntil = Math.min(world.laneUntil, now() + plan.overlapSeconds * 1_000);
      return { at: now(), revision: 1, ...listed(world), evidence: 'refused in the simulated world' };
    },

    findLaneEnd: () => listed(world),

    confirmInForce() {
      return { at: now(), gateways: GATEWAYS, behind: [], missing: [] };
    },

    keepKnown: (step) => keepKnown(world, step),

    recordContainment(step, cut) {
      const version = world.version(LEAKED);
      if (version.state === 'live' && !isLifted(world)) version.state = 'quarantined';
      keepKnown(world, step);
      audit(world, 'contain', 'intent', step);
      cut();
      audit(world, 'contain', 'outcome', step);
    },
  };
}
