import type { SecretVersion } from '../domain/credential';
import { IncidentError } from '../domain/errors';
import { callContext } from './activity-edge';
import type { ActivityDeps } from './deps';
import { audited, type IncidentStep } from './incident-step';
import { lastStatus, type Status } from './last-status';
import { lookUp, lookUpDependent } from './lookup';
import { laterUse } from './moved-on';

/** How long one attempt waits for a dependent to say it has moved; then the activity is tried again. */
const MOVE_WAIT_MS = 5_000;
/** How long one attempt waits for a dependent to say it has gone back. With three calls of 5 s each it must fit into the attempt's 20 s (workflows/lib/time-limits.ts). */
const RESTORE_WAIT_MS = 2_000;

export interface Replaced {
  readonly at: number;
  readonly version: number;
  readonly publicId: string;
}

export interface MoveInput extends IncidentStep {
  readonly dependentId: string;
  readonly to: number;
}

export interface Restored {
  /** The version it was left on, since another incident may have moved it there. */
  readonly leftOn?: number;
}

export interface RestoreInput extends MoveInput {
  /** What the rotation itself minted and ends next: nobody may be left on it. Missing where it minted nothing. */
  readonly from?: number;
}

/** Create → distribute → prove use, and the undo of each. */
export function createRotationActivities(deps: ActivityDeps) {
  return {
    /** Mints the next version and proves that it works before anybody is moved to it. */
    async createReplacement(input: IncidentStep): Promise<Replaced> {
      const { credential, provider } = await lookUp(deps, input.credentialId, input.version);
      const secret = await deps.inventory.reserveVersion(input.credentialId, input.stepKey, deps.stores.byDefault);
      const { version } = secret;
      const context = callContext(input.stepKey);
      return audited(deps, input, 'create-replacement', { replacement: version }, async () => {
        const { value, evidence } = await provider.createReplacement(credential, { version, secret }, context);
        const minted: SecretVersion = { credentialId: credential.id, version, state: 'pending', ...value };
        await deps.inventory.saveVersion(minted);
        const tested = await provider.test(credential, minted, context);
        await deps.inventory.setState(credential.id, version, 'live');
        const stored = await deps.inventory.version(credential.id, version);
        if (stored.state !== 'live') {
          // Undone while it ran: what was minted since must not stay behind.
          await provider.discard(credential, minted, context);
          throw new IncidentError('VERSION_NOT_LIVE', { credential: credential.id, version, state: stored.state });
        }
        await deps.projection.write(await deps.inventory.records());
        const result = { at: Date.now(), version, publicId: value.publicId };
        return { result, outcome: { replacement: version, evidence: `${evidence}: ${tested.evidence}` } };
      });
    },

    /** Whether a version that was minted before works, as a new one must before anybody is moved to it. @throws REPLACEMENT_REJECTED */
    async testReplacement(input: IncidentStep & { readonly replacement: number }): Promise<void> {
      const { credential, provider, version } = await lookUp(deps, input.credentialId, input.replacement);
      await provider.test(credential, version, callContext(input.stepKey));
    },

    /** Moves one dependent and waits until it says, and a probe through it shows, that it works on the new version; or on a later one, where it stays. */
    async moveDependent(input: MoveInput): Promise<{ at: number; detail: string }> {
      const { credential, version: target } = await lookUp(deps, input.credentialId, input.to);
      const { dependent, adapter } = lookUpDependent(deps, credential, input.dependentId);
      const context = callContext(input.stepKey);
      return audited(deps, input, 'move-dependent', { dependent: dependent.id, to: input.to }, async () => {
        const later = await laterUse(deps, adapter, dependent, target, context);
        // It is on its way to that one, and pulled back it would arrive nowhere.
        if (later?.isUnderWay) throw notMoved(dependent.id, { using: 'several', healthy: false });
        if (!later) await adapter.activate(dependent, target, context);
        const detail = later
          ? `works on the later version ${later.version}`
          : await waitUntilMoved(
              () => adapter.status(dependent, target, context),
              input,
              (progress) => context.heartbeat(progress),
              adapter.askEveryMs,
            );
        return { result: { at: Date.now(), detail }, outcome: { dependent: dependent.id, to: input.to, detail } };
      });
    },

    /**
     * The undo of moveDependent: tells it to use the old version again, and waits until it does, since the replacement is discarded next. Whether the old
     * one works is its own state. Whom another incident has moved on meanwhile stays where it works.
     * @throws DEPENDENT_NOT_MOVED when it says that it uses another version still
     */
    async restoreDependent(input: RestoreInput): Promise<Restored> {
      const { credential, version: target } = await lookUp(deps, input.credentialId, input.to);
      const { dependent, adapter } = lookUpDependent(deps, credential, input.dependentId);
      return audited(deps, input, 'restore-dependent', { dependent: dependent.id, to: input.to }, async () => {
        const context = callContext(input.stepKey);
        const later = await laterUse(deps, adapter, dependent, target, context);
        const leftOn = later?.isOfAnother && later.version !== input.from ? later.version : undefined;
        const evidence =
          leftOn === undefined
            ? `${(await adapter.activate(dependent, target, context)).evidence}; ${await waitUntilBack(() => adapter.status(dependent, target, context), input, adapter.askEveryMs)}`
            : `left on version ${leftOn}: another incident, which refused one in between, may have moved it`;
        return {
          result: leftOn === undefined ? {} : { leftOn },
          outcome: { dependent: dependent.id, to: input.to, evidence },
        };
      });
    },

    /** Ends a replacement: by its number, or, as the undo of createReplacement, by the key of the step it undoes, also when that never answered. */
    async discardReplacement(
      input: IncidentStep & ({ readonly createStepKey: string } | { readonly replacement: number }),
    ): Promise<void> {
      const version =
        'replacement' in input
          ? input.replacement
          : (await deps.inventory.reserveVersion(input.credentialId, input.createStepKey, deps.stores.byDefault))
              .version;
      const { credential, provider, version: minted } = await lookUp(deps, input.credentialId, version);
      await audited(deps, input, 'discard-replacement', { replacement: version }, async () => {
        const { evidence } = await provider.discard(credential, minted, callContext(input.stepKey));
        await deps.inventory.setState(credential.id, version, 'discarded');
        await deps.projection.write(await deps.inventory.records());
        return { result: undefined, outcome: { replacement: version, evidence } };
      });
    },
  };
}

async function waitUntilMoved(
  status: () => Promise<Status>,
  { to, dependentId }: MoveInput,
  heartbeat: (progress: string) => void,
  everyMs?: number,
): Promise<string> {
  const isThere = ({ using, healthy }: Status): boolean => using === to && healthy;
  const last = await lastStatus(status, MOVE_WAIT_MS, isThere, heartbeat, everyMs);
  if (isThere(last)) return last.detail;
  throw notMoved(dependentId, last);
}

/** One that does not say what it uses never said that it had moved. */
async function waitUntilBack(
  status: () => Promise<Status>,
  { to, dependentId }: MoveInput,
  everyMs?: number,
): Promise<string> {
  const isBack = ({ using }: Status): boolean => using === to;
  const last = await lastStatus(status, RESTORE_WAIT_MS, isBack, undefined, everyMs);
  if (isBack(last)) return 'it says so';
  if (last.using === 'unknown') return 'it does not say which version it uses';
  throw notMoved(dependentId, last);
}

function notMoved(dependent: string, { using, healthy }: Pick<Status, 'using' | 'healthy'>): IncidentError {
  return new IncidentError('DEPENDENT_NOT_MOVED', { dependent, using, healthy });
}
