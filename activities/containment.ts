import type { Credential, SecretVersion } from '../domain/credential';
import type { DenylistEntry } from '../domain/denylist';
import { IncidentError } from '../domain/errors';
import { copyContexts } from '../domain/known-context';
import { reachesProvider, type ResponsePlan } from '../domain/response-plan';
import { unregisteredCredential, unregisteredSubject } from '../domain/unregistered-credential';
import type { Effect } from '../domain/ports/effect';
import { callContext, stepTime } from './activity-edge';
import type { ActivityDeps } from './deps';
import { audit, keepKnown, type IncidentStep, type KnowingStep } from './incident-step';
import { findTarget, issuesToPersonOnly, mayQuarantine, providerOf, type FoundTarget } from './lookup';
import { withDeadline } from './with-deadline';

export interface ContainInput extends KnowingStep {
  readonly plan: ResponsePlan;
  readonly reason: string;
}

export interface Contained {
  readonly at: number;
  /** The denylist revision that carries the refusal. */
  readonly revision: number;
  readonly evidence: string;
  /** Until when known contexts may still use it, milliseconds since the epoch; 0 where nobody may. Missing in histories from before it was said. */
  readonly laneUntil?: number;
}

/** What is known of a version and its credential. */
export interface Looked {
  readonly credential: Credential;
  readonly version: SecretVersion;
  readonly hasProvider?: boolean;
  /** False where its provider can refuse it only by ending it. */
  readonly canQuarantine?: false;
  /** False where its provider issues another value to a person only. */
  readonly canMint?: false;
  /** A later version that lives, of a rotation that was begun before; missing where an incident is opened again, which names its own. */
  readonly newer?: number;
  /** All of them. */
  readonly living?: readonly number[];
}

export interface InForce {
  readonly at: number;
  readonly gateways: readonly string[];
  readonly behind: readonly string[];
  /** Gone without signing off; absent in what was recorded before gateways were missed. */
  readonly missing?: readonly string[];
}

/** A gateway acknowledges within milliseconds; one that does not within this is named. */
const ACKNOWLEDGE_WAIT_MS = 5_000;

/** The refusal itself, and the record of it. */
export function createContainmentActivities(deps: ActivityDeps) {
  return {
    /**
     * What an incident is about. A version that is revoked is one as long as it was never proven dead and there is a later one to prove it
     * beside, or a person must give one. @throws VERSION_NOT_LIVE
     */
    async loadCredential(
      input: Pick<IncidentStep, 'credentialId' | 'version'> & {
        readonly reopened?: unknown;
        /** Of a dry run: nothing is written down. */
        readonly rehearsed?: true;
      },
    ): Promise<Looked> {
      const isRegistered = input.rehearsed
        ? unregisteredSubject(input.credentialId) === undefined
        : !(await registerNewcomer(deps, input.credentialId));
      const credential = await deps.inventory.credential(input.credentialId);
      // The refusal waits for this: both at once.
      const [version, living] = await Promise.all([
        deps.inventory.version(input.credentialId, input.version),
        laterThan(deps, input),
      ]);
      const newer = living.at(-1);
      const provider = deps.providers.get(credential.provider);
      // What was never in use, or is dead, can't be answered: and rotating would hit the healthy version.
      const isOpenAgain = input.reopened !== undefined && version.state === 'revoked';
      const isIssuedByPerson = provider !== undefined && issuesToPersonOnly(provider);
      const isUnproven =
        version.state === 'revoked' && !version.provenDead && (newer !== undefined || isIssuedByPerson);
      const isAnswerable = version.state === 'live' || version.state === 'quarantined';
      if (!isAnswerable && !isOpenAgain && !isUnproven) {
        throw new IncidentError('VERSION_NOT_LIVE', {
          credential: credential.id,
          version: version.version,
          state: version.state,
        });
      }
      return {
        credential,
        version,
        hasProvider: isRegistered && provider !== undefined,
        ...(provider && !mayQuarantine(provider, credential) ? { canQuarantine: false } : {}),
        ...(isIssuedByPerson ? { canMint: false } : {}),
        ...(newer === undefined || isOpenAgain ? {} : { newer }),
        living,
      };
    },

    /**
     * Refuses first; records afterwards (recordContainment), so that a slow audit log never delays it. Adopts a hold.
     * @throws CONTAINMENT_LIFTED when a person lifted the containment after this step was decided
     */
    async containVersion(input: ContainInput): Promise<Contained> {
      const target = await findTarget(deps, input.credentialId, input.version);
      const { credential, version } = target;
      const { quarantine } = input.plan;
      const isReached = reachesProvider(input.plan);
      // Nothing may be called refused that no denylist entry names.
      if (version.subjects.length === 0)
        throw new IncidentError('SUBJECTS_MISSING', { credential: credential.id, version: version.version });
      const writes = version.subjects.map((subject) =>
        deps.denylist.tighten(entryFor(input, credential, subject, stepTime())),
      );
      const atProvider = quarantine.mode === 'deny-all' && isReached ? quarantineAtProvider(target, input) : undefined;
      const [written, effect] = await Promise.all([Promise.all(writes), atProvider]);
      // An attempt that is later than the lift: nothing may be called refused that is not.
      if (written.some(({ entry }) => entry.status === 'lifted'))
        throw new IncidentError('CONTAINMENT_LIFTED', { credential: credential.id, version: version.version });
      return {
        at: Date.now(),
        revision: Math.max(0, ...written.map((write) => write.revision)),
        laneUntil: laneEnd(written.map(({ entry }) => entry)),
        evidence: [
          ...(effect ? [effect.evidence] : []),
          ...(quarantine.mode === 'deny-all'
            ? []
            : [`only ${credential.knownContexts.map((context) => context.id).join(', ')} may still use it`]),
          ...(isReached ? [] : [`listed for every gateway; nothing was done at ${credential.provider}`]),
        ].join('; '),
      };
    },

    /** Until when known contexts may use it, as it is listed by now: a gateway may have closed the lane. 0 where nobody may; missing where it is not listed. */
    async findLaneEnd({
      credentialId,
      version: number,
    }: Pick<IncidentStep, 'credentialId' | 'version'>): Promise<{ readonly laneUntil?: number }> {
      const { version } = await findTarget(deps, credentialId, number);
      const listed = await Promise.all(version.subjects.map((subject) => deps.denylist.get(subject)));
      const refused = listed.flatMap((found) => (found && found.entry.status !== 'lifted' ? [found.entry] : []));
      return refused.length === 0 ? {} : { laneUntil: laneEnd(refused) };
    },

    /** Waits until every gateway with a live lease applies the refusal; names those that do not in time, and the missing ones. */
    async confirmInForce(input: IncidentStep & { readonly revision: number }): Promise<InForce> {
      const { applied, behind, missing } = await withDeadline(
        ACKNOWLEDGE_WAIT_MS,
        callContext(input.stepKey).signal,
        (signal) => deps.gateways.waitForRevision(input.revision, signal),
      );
      return { at: Date.now(), gateways: applied.map((lease) => lease.gatewayId), behind, missing };
    },

    /** What a person has judged, for the incidents of this version after this one. */
    keepKnown: (input: KnowingStep): Promise<void> => keepKnown(deps, input),

    async recordContainment(input: ContainInput & { readonly contained: Contained }): Promise<void> {
      const { credential, version } = await findTarget(deps, input.credentialId, input.version);
      let isLifted = false;
      for (const subject of version.subjects) {
        const entry = entryFor(input, credential, subject, input.contained.at);
        isLifted = (await deps.containments.tighten(entry)).status === 'lifted' || isLifted;
      }
      // Lifted between the refusal and this record of it: what a person set free stays free.
      if (!isLifted) await deps.inventory.setState(input.credentialId, input.version, 'quarantined');
      if (!isLifted) await keepKnown(deps, input);
      await deps.projection.write(await deps.inventory.records());
      const detail = { mode: input.plan.quarantine.mode, strategy: input.plan.strategy, reason: input.reason };
      await audit(deps, input, 'contain', 'intent', detail);
      await audit(deps, input, 'contain', 'outcome', {
        ...detail,
        evidence: input.contained.evidence,
        at: input.contained.at,
      });
      // An incident may wait for a person for days: what was done so far must not be cut off meanwhile.
      await deps.checkpoint();
    },
  };
}

/**
 * Later versions that live, the newest last: an incident may have ended after it had minted one, cancelled, or with its Temporal, or because a person
 * wanted no more of it.
 */
async function laterThan(
  deps: ActivityDeps,
  { credentialId, version }: Pick<IncidentStep, 'credentialId' | 'version'>,
): Promise<readonly number[]> {
  const later = (await deps.inventory.versions(credentialId)).filter((one) => one.version > version);
  return later.filter(({ state }) => state === 'live').map((one) => one.version);
}

/** What nobody registered is written down with the little that is known, so that every later step finds it. Tells whether it is one. */
async function registerNewcomer(deps: ActivityDeps, credentialId: string): Promise<boolean> {
  const subject = unregisteredSubject(credentialId);
  if (!subject) return false;
  const { credential, version } = unregisteredCredential(subject);
  await deps.inventory.register(credential, version);
  return true;
}

/** As it is listed: it may have been closed before by somebody else. 0 where there is no lane. */
export function laneEnd(entries: readonly Pick<DenylistEntry, 'mode' | 'laneUntil'>[]): number {
  if (entries.length === 0) return 0;
  return Math.min(...entries.map(({ mode, laneUntil = 0 }) => (mode === 'known-contexts-only' ? laneUntil : 0)));
}

async function quarantineAtProvider(target: FoundTarget, input: ContainInput): Promise<Effect> {
  return providerOf(target).quarantine(target.credential, target.version, callContext(input.stepKey));
}

function entryFor(
  input: ContainInput,
  credential: Credential,
  subject: DenylistEntry['subject'],
  since: number,
): DenylistEntry {
  const { mode } = input.plan.quarantine;
  const now = Date.now();
  return {
    subject,
    credentialId: input.credentialId,
    version: input.version,
    status: 'quarantine',
    mode,
    allow: mode === 'deny-all' ? [] : copyContexts(credential.knownContexts),
    ...(mode === 'known-contexts-only' && input.plan.lane ? { lane: { ...input.plan.lane } } : {}),
    // Also where dependents get no time: a lane without an end would be open until somebody revokes.
    ...(mode === 'known-contexts-only' ? { laneUntil: now + input.plan.overlapSeconds * 1000 } : {}),
    incidentId: input.incidentId,
    reason: input.reason,
    since,
  };
}
