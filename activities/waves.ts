import { IncidentError } from '../domain/errors';
import { callContext } from './activity-edge';
import type { ActivityDeps } from './deps';
import { audit, type IncidentStep } from './incident-step';
import { lastStatus, type Status } from './last-status';
import { lookUp, lookUpDependent } from './lookup';
import { useOf, type ObservedUse } from './use';

export interface CheckWaveInput extends IncidentStep {
  readonly dependents: readonly string[];
  readonly to: number;
  /** When the wave was first asked to move, and when the last of it had; milliseconds since the epoch. */
  readonly since: number;
  readonly movedAt: number;
}

type LookInput = Pick<CheckWaveInput, 'dependents' | 'to'> & IncidentStep;

export interface CheckedWave {
  readonly at: number;
  readonly detail: string;
}

/** A few failures are a service's life; a share of them is the new version's fault. Both must be passed. */
const FAILURES = { least: 5, share: 0.05 } as const;
/** A request that was on its way when its dependent moved may still use the old version. */
const UNDER_WAY_MS = 1_000;

type Seen = ObservedUse['contexts'][number];

/** A service that has just taken a new secret may fail its probe for a moment. */
const SETTLES_WITHIN_MS = 3_000;

const UNKNOWN: Status = { using: 'unknown', healthy: false, detail: 'it does not answer' };

/** Proof of use: what a dependent says, a probe through it, and its traffic must agree. */
export function createWaveActivities(deps: ActivityDeps) {
  return {
    /**
     * Whether a wave works on the new version. Throws what keeps it from being proven, to be asked again: DEPENDENT_NOT_MOVED,
     * WAVE_NOT_SEEN (no traffic yet); and WAVE_FAILED, for good, when too much of its use fails.
     */
    async checkWave(input: CheckWaveInput): Promise<CheckedWave> {
      const { credential, version } = await lookUp(deps, input.credentialId, input.to);
      const probes = await Promise.all(
        input.dependents.map(async (id) => {
          const { dependent, adapter } = lookUpDependent(deps, credential, id);
          const { using, healthy, detail } = await adapter.status(dependent, version, callContext(input.stepKey));
          if (using !== input.to || !healthy)
            throw new IncidentError('DEPENDENT_NOT_MOVED', { dependent: id, using, healthy });
          return `${id}: ${detail}`;
        }),
      );
      const isOfWave = ({ dependent }: Seen): boolean =>
        dependent !== undefined && input.dependents.includes(dependent);
      const onNew = await useOf(deps, credential, version, input.since);
      mustNotFail(onNew.contexts.filter(isOfWave), input.to);
      const old = await deps.inventory.version(input.credentialId, input.version);
      const onOld = await useOf(deps, credential, old, input.movedAt + UNDER_WAY_MS);
      const late = onOld.contexts.filter(isOfWave).filter(({ accepted }) => accepted > 0);
      if (late.length > 0)
        throw new IncidentError('DEPENDENT_NOT_MOVED', {
          dependent: late.map(({ dependent }) => dependent).join(', '),
          using: input.version,
        });
      // Where nothing that we read ever showed a use of it, their word and the probe must do.
      const visible = input.dependents.filter(
        (id) => onNew.visible && credential.knownContexts.some(({ dependent }) => dependent === id),
      );
      const unseen = visible.filter(
        (id) => !onNew.contexts.some(({ dependent, accepted }) => dependent === id && accepted > 0),
      );
      const failing = unseen.filter((id) =>
        onNew.contexts.some(({ dependent, failed }) => dependent === id && failed > 0),
      );
      // All that is seen of it fails: that is no lack of traffic.
      if (failing.length > 0)
        throw new IncidentError('DEPENDENT_NOT_MOVED', {
          dependent: failing.join(', '),
          using: input.to,
          healthy: false,
        });
      if (unseen.length > 0)
        throw new IncidentError('WAVE_NOT_SEEN', { dependents: unseen.join(', '), version: input.to });
      const seen =
        visible.length > 0
          ? `its use is seen on version ${input.to}`
          : 'its use is not seen anywhere: by its own word and a probe';
      const detail = `${probes.join('; ')}; ${seen}`;
      await audit(deps, input, 'gate', 'outcome', { wave: input.dependents.join(', '), to: input.to, detail });
      return { at: Date.now(), detail };
    },

    /** Who says that it uses this version, or a later one: nobody, once it has been ended. One that can't be asked is not named. */
    async findUsers(input: LookInput): Promise<readonly string[]> {
      const versions = await deps.inventory.versions(input.credentialId);
      const living = new Set(versions.filter(({ state }) => state === 'live').map(({ version }) => version));
      if (!living.has(input.to)) return [];
      // One that is being changed may be on its way to it.
      const isUser = ({ using }: Status): boolean =>
        using === 'several' || (using !== 'unknown' && using >= input.to && living.has(using));
      return those(deps, input, isUser, ({ using }) => using !== 'unknown');
    },

    /** Of dependents that have not moved in their time, those that have taken the new version and do not work on it: they are not slow. */
    findBroken(input: LookInput): Promise<readonly string[]> {
      const isBroken = ({ using, healthy }: Status): boolean => using === input.to && !healthy;
      return those(deps, input, isBroken, (now) => !isBroken(now));
    },
  };
}

/** The dependents of whom `is` holds, each given a moment until `willDo`. One that can't be asked hides no other. */
async function those(
  deps: ActivityDeps,
  { credentialId, dependents, to, stepKey }: LookInput,
  is: (status: Status) => boolean,
  willDo: (status: Status) => boolean,
): Promise<readonly string[]> {
  const { credential, version } = await lookUp(deps, credentialId, to);
  const context = callContext(stepKey);
  const looked = dependents.map(async (id) => {
    const { dependent, adapter } = lookUpDependent(deps, credential, id);
    const status = () =>
      adapter.status(dependent, version, context).catch((error: unknown) => {
        if (context.signal.aborted) throw error;
        return UNKNOWN;
      });
    return is(await lastStatus(status, SETTLES_WITHIN_MS, willDo)) ? [id] : [];
  });
  return (await Promise.all(looked)).flat();
}

/** @throws IncidentError WAVE_FAILED */
function mustNotFail(contexts: readonly Seen[], version: number): void {
  for (const { context, accepted, failed } of contexts) {
    if (failed >= FAILURES.least && failed / (accepted + failed) > FAILURES.share)
      throw new IncidentError('WAVE_FAILED', { context, version, failed, accepted });
  }
}
