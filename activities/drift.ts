import type { SecretVersion } from '../domain/credential';
import { IncidentError } from '../domain/errors';
import type { Verdict } from '../domain/ports/credential-provider';
import { newestLive } from '../domain/version-order';
import { callContext } from './activity-edge';
import type { ActivityDeps } from './deps';
import { audit, type IncidentStep } from './incident-step';
import { issuesToPersonOnly, lookUp } from './lookup';
import { useOf, type ObservedUse } from './use';

export interface CheckDriftInput extends IncidentStep {
  /** Since when it has been dead, or refused: accepted use since then is drift. */
  readonly since: number;
  /** Its incident ended before it was revoked: while it is not, it must stay refused at its provider. */
  readonly contained?: true;
  /** Known contexts might still use it, and it was being revoked: only where it was is there anything to look at. */
  readonly maybeRevoked?: true;
}

export interface Drift {
  /** What works again. */
  readonly drift?: string;
  /** The newest version that lives. */
  readonly control?: number;
  /** It is refused, and not revoked yet. */
  readonly isContained?: true;
  /** It is revoked, and was never proven dead. */
  readonly isUnproven?: true;
  /** A person has set it free, or begun to; or it was ended as one that nobody uses. */
  readonly isOver?: true;
}

const NOTHING_BESIDE: Pick<Verdict, 'verdict' | 'evidence' | 'oldRefused' | 'controlRefused'> = {
  verdict: 'unknown',
  evidence: 'no version lives that it could be compared with',
};
const NO_USE: Pick<ObservedUse, 'contexts'> = { contexts: [] };

/** What may happen to a version that was ended, or refused, after its incident has closed. */
export function createDriftActivities(deps: ActivityDeps) {
  return {
    /**
     * Presents the version once more, beside the newest live one, and asks for its use. Resolves to what works again, if anything does.
     * @throws COULD_NOT_TELL when the control does not work either, or, of one that is only refused, when nobody said that it is
     */
    async checkDrift(input: CheckDriftInput): Promise<Drift> {
      const { credential, version, provider } = await lookUp(deps, input.credentialId, input.version);
      if (input.contained && isOverFor(input, version)) return { isOver: true };
      // It has leaked since, and is refused for that: what looks after it then tells the truth, and the watch of an exercise would not.
      const isRefusedForLeak = version.state === 'quarantined' && version.knownAgainst !== undefined;
      if (input.simulated && input.contained && !input.maybeRevoked && isRefusedForLeak) return { isOver: true };
      // Known contexts may use it.
      if (input.maybeRevoked && version.state !== 'revoked') return {};
      const isContained = input.contained === true && version.state !== 'revoked';
      const isUnproven = input.contained === true && version.state === 'revoked' && !version.provenDead;
      const versions = await deps.inventory.versions(input.credentialId);
      const control = newestLive(versions.filter((one) => one.version !== version.version));
      // Since then a person may have set it free for a while: what was used then is no drift.
      const { contexts } = input.contained ? NO_USE : await useOf(deps, credential, version, input.since);
      const used = contexts.filter(({ accepted }) => accepted > 0).map(({ context }) => context);
      // A person may never give one that could be shown beside it.
      const isAlone = isUnproven && !control && issuesToPersonOnly(provider);
      const beside = control ?? (isContained || isAlone ? version : undefined);
      const { verdict, evidence, oldRefused, controlRefused } = beside
        ? await provider.verifyDead(credential, version, beside, callContext(input.stepKey))
        : NOTHING_BESIDE;
      const drift = [
        ...(verdict === 'alive' ? [`it works again (${evidence})`] : []),
        ...(used.length > 0 ? [`it was used and accepted: ${used.join(', ')}`] : []),
      ].join('; ');
      // Whoever refuses the control as well may refuse everybody.
      const isRefused = (isContained || isAlone) && oldRefused && !(control && controlRefused);
      if (drift === '' && verdict === 'unknown' && !isRefused)
        throw new IncidentError('COULD_NOT_TELL', { credential: credential.id, version: version.version, evidence });
      // Set free while it was presented, it works as it should.
      if (drift && isContained) {
        const again = await deps.inventory.version(credential.id, version.version);
        if (isOverFor(input, again)) return { isOver: true };
        // It was refused, or revoked, meanwhile: what was seen was before that.
        if (again.state !== version.state) return {};
      }
      if (drift && !isContained) await deps.inventory.setProvenDead(input.credentialId, input.version, false);
      await audit(deps, input, 'check-drift', 'outcome', { verdict, evidence, ...(drift ? { drift } : {}) });
      return {
        ...(drift ? { drift } : {}),
        ...(control ? { control: control.version } : {}),
        ...(isContained ? { isContained } : {}),
        ...(isUnproven ? { isUnproven } : {}),
      };
    },
  };
}

/** Whether what its incident has left refused is nothing to look after any more. One that was set free and is refused again has another watch. */
function isOverFor({ since }: CheckDriftInput, { state, liftedAt = -Infinity }: SecretVersion): boolean {
  return liftedAt >= since || state === 'discarded';
}
