import type { SecretVersion } from '../domain/credential';
import type { DenylistEntry } from '../domain/denylist';
import { IncidentError } from '../domain/errors';
import type { LaneExtension } from '../domain/extend-lane';
import { isCarriedOut } from '../domain/lift';
import type { MovingTimeGrant } from '../domain/ports/stores';
import { callContext, stepTime } from './activity-edge';
import { laneEnd, type Contained } from './containment';
import type { ActivityDeps } from './deps';
import { audited, type IncidentStep } from './incident-step';
import { findTarget, type FoundTarget } from './lookup';

export interface LiftInput extends IncidentStep {
  /** Why, in the person's words. */
  readonly reason: string;
  /** The person whose approval was verified. */
  readonly actor: string;
}

export interface Lifted {
  readonly at: number;
  readonly evidence: string;
}

export interface ExtendInput extends IncidentStep {
  readonly seconds: number;
  /** The people whose approvals were verified. */
  readonly actor: string;
  /** The rotation whose dependents have longer; missing in histories from before it was written down. */
  readonly generation?: number;
}

/** All that loosens. Whoever calls it has verified that a person may, and did, decide it. */
export function createReleaseActivities(deps: ActivityDeps) {
  return {
    /**
     * Undoes a containment: provider, record, gateways, inventory, in this order, so that whatever is told to be live works. Every part
     * looks before it acts, so it may be repeated after a crash anywhere; a repetition that finds the version refused again since, on
     * newer evidence, leaves it so. @throws CONTAINMENT_FINAL when it was revoked or discarded, VERSION_NOT_LIVE when it never lived
     */
    async liftContainment(input: LiftInput): Promise<Lifted> {
      const target = await findTarget(deps, input.credentialId, input.version);
      const known = await containmentsOf(deps, target.version);
      mustBeLiftable(target.version, known);
      const at = stepTime();
      return audited(
        deps,
        input,
        'lift-containment',
        { reason: input.reason },
        async () => {
          const evidence = known.some((entry) => entry.status !== 'lifted' && isCarriedOut(entry, at))
            ? 'it was lifted before, and is refused again since'
            : await liftAll(deps, target, input, at);
          await deps.checkpoint();
          return { result: { at: Date.now(), evidence }, outcome: { reason: input.reason, evidence } };
        },
        input.actor,
      );
    },

    /**
     * Gives the dependents of a rotation longer, and keeps the lane of the known contexts open for as long, at every gateway. What is refused
     * to everybody by now stays so.
     */
    async extendLane(input: ExtendInput): Promise<Lifted & Pick<Contained, 'laneUntil'>> {
      const { version } = await findTarget(deps, input.credentialId, input.version);
      const { seconds, actor } = input;
      const extension = { at: stepTime(), seconds };
      const extend = async () => {
        const extended = await extendAll(deps, version, extension);
        const { generation, stepKey, runId } = input;
        if (generation !== undefined)
          await deps.movingTime.give({ stepKey, incidentRunId: runId, generation, seconds, actor });
        return extended;
      };
      return audited(deps, input, 'extend-lane', { seconds }, extend, actor);
    },

    /** How much longer people gave a rotation's dependents by one extension: whoever can send a signal can't give time. */
    async readMovingTime(grant: MovingTimeGrant): Promise<{ readonly seconds: number }> {
      return { seconds: await deps.movingTime.givenSeconds(grant) };
    },
  };
}

async function extendAll(deps: ActivityDeps, { subjects }: SecretVersion, extension: LaneExtension) {
  const entries: DenylistEntry[] = [];
  for (const subject of subjects) {
    const listed = await deps.denylist.get(subject);
    // A breach that only the gateways know of has closed the lane, and nothing here opens it again.
    if (listed) await deps.containments.merge(listed.entry);
    const extended = await deps.containments.extendLane(subject, extension);
    if (!extended) continue;
    const { entry } = await deps.denylist.merge(extended);
    entries.push(entry);
  }
  const at = Date.now();
  const laneUntil = laneEnd(entries);
  const evidence =
    laneUntil > 0 ? `open until ${new Date(laneUntil).toISOString()}` : 'there is no lane: it is refused to everybody';
  return { result: { at, evidence, laneUntil }, outcome: { evidence } };
}

/** What PostgreSQL and the gateways hold of it. */
async function containmentsOf(deps: ActivityDeps, { subjects }: SecretVersion): Promise<readonly DenylistEntry[]> {
  const found = await Promise.all(
    subjects.flatMap((subject) => [
      deps.containments.get(subject),
      deps.denylist.get(subject).then((write) => write?.entry),
    ]),
  );
  return found.flatMap((entry) => entry ?? []);
}

function mustBeLiftable({ credentialId, version, state }: SecretVersion, known: readonly DenylistEntry[]): void {
  const facts = { credential: credentialId, version, state };
  if (state === 'revoked' || state === 'discarded' || known.some(({ status }) => status === 'revoked'))
    throw new IncidentError('CONTAINMENT_FINAL', facts);
  if (state === 'pending') throw new IncidentError('VERSION_NOT_LIVE', facts);
}

async function liftAll(deps: ActivityDeps, target: FoundTarget, input: LiftInput, at: number): Promise<string> {
  const { credential, version, provider } = target;
  await deps.inventory.beginLift(credential.id, version.version, at);
  const released = await provider?.release(credential, version, callContext(input.stepKey));
  let refusedAgain = 0;
  for (const subject of version.subjects) {
    const listed = await deps.denylist.get(subject);
    // A hold that only the gateways know must be older than the lift, too.
    if (listed) await deps.containments.merge(listed.entry);
    const { incidentId, credentialId, reason } = input;
    const lifted = await deps.containments.lift({
      subject,
      credentialId,
      version: version.version,
      incidentId,
      reason,
      at,
    });
    const { entry } = await deps.denylist.merge(lifted);
    if (entry.status !== 'lifted') refusedAgain += 1;
  }
  // What spoke against it is settled: the same use is no news to the detectors, and new evidence begins anew.
  await deps.announce('none', version.subjects, input.stepKey);
  await deps.inventory.release(credential.id, version.version);
  await deps.projection.write(await deps.inventory.records());
  return [
    released?.evidence ?? `nothing is done at ${credential.provider}, which is not configured`,
    `${version.subjects.length - refusedAgain} of ${version.subjects.length} subjects are refused no longer`,
  ].join('; ');
}
