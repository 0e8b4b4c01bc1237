import { IncidentError } from '../domain/errors';
import { newestLive } from '../domain/version-order';
import { callContext } from './activity-edge';
import type { ActivityDeps } from './deps';
import { audit, type IncidentStep } from './incident-step';
import { lookUp } from './lookup';
import { useOf } from './use';

export interface CheckDriftInput extends IncidentStep {
  /** When it was verified dead: accepted use since then is drift. */
  readonly since: number;
}

export interface Drift {
  /** What works again. */
  readonly drift?: string;
  /** The newest version that lives. */
  readonly control?: number;
}

/** What may happen to a dead version after its incident has closed. */
export function createDriftActivities(deps: ActivityDeps) {
  return {
    /**
     * Presents the dead version once more, beside the newest live one, and asks for its use. Resolves to what works again, if anything does.
     * @throws COULD_NOT_TELL when the control does not work either
     */
    async checkDrift(input: CheckDriftInput): Promise<Drift> {
      const { credential, version, provider } = await lookUp(deps, input.credentialId, input.version);
      const control = newestLive(await deps.inventory.versions(input.credentialId));
      const { contexts } = await useOf(deps, credential, version, input.since);
      const used = contexts.filter(({ accepted }) => accepted > 0).map(({ context }) => context);
      const { verdict, evidence } = control
        ? await provider.verifyDead(credential, version, control, callContext(input.stepKey))
        : { verdict: 'unknown' as const, evidence: 'no version lives that it could be compared with' };
      const drift = [
        ...(verdict === 'alive' ? [`it works again (${evidence})`] : []),
        ...(used.length > 0 ? [`it was used and accepted: ${used.join(', ')}`] : []),
      ].join('; ');
      if (drift === '' && verdict === 'unknown')
        throw new IncidentError('COULD_NOT_TELL', { credential: credential.id, version: version.version, evidence });
      if (drift) await deps.inventory.setProvenDead(input.credentialId, input.version, false);
      await audit(deps, input, 'check-drift', 'outcome', { verdict, evidence, ...(drift ? { drift } : {}) });
      return { ...(drift ? { drift } : {}), ...(control ? { control: control.version } : {}) };
    },
  };
}
