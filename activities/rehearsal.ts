import { IncidentError } from '../domain/errors';
import type { SecretVersion } from '../domain/credential';
import { callContext } from './activity-edge';
import type { ActivityDeps } from './deps';
import { audit, type IncidentStep } from './incident-step';
import { findTarget, lookUpDependent, providerOf, type FoundTarget } from './lookup';

export interface RehearseInput extends IncidentStep {
  readonly stage: 'contain' | 'replace' | 'move' | 'revoke' | 'verify' | 'notify';
  readonly dependentId?: string;
  readonly audience?: string;
}

export interface RehearsalRecord extends IncidentStep {
  readonly startedBy: string;
  readonly faults: readonly string[];
}

type CheckInput = Pick<RehearseInput, 'stage' | 'dependentId' | 'audience' | 'stepKey'>;

type Check = (deps: ActivityDeps, target: FoundTarget, input: CheckInput) => Promise<string>;

/** What an incident will need, looked at without doing any of it. */
export function createRehearsalActivities(deps: ActivityDeps) {
  return {
    /** Whether one step could be done now; fails with the error the step would fail with. */
    async rehearseStep(input: RehearseInput): Promise<{ readonly detail: string }> {
      const target = await findTarget(deps, input.credentialId, input.version);
      return { detail: await checkStep(deps, target, input) };
    },

    async recordRehearsal(input: RehearsalRecord): Promise<void> {
      await audit(deps, input, 'dry-run', 'outcome', {
        startedBy: input.startedBy,
        faults: input.faults.join(', ') || 'none',
      });
    },
  };
}

/** What the step would need, as it is now. Changes nothing. @throws the error that the step would fail with */
export function checkStep(deps: ActivityDeps, target: FoundTarget, input: CheckInput): Promise<string> {
  return CHECKS[input.stage](deps, target, input);
}

const CHECKS: Readonly<Record<RehearseInput['stage'], Check>> = {
  async contain(deps, { credential, version, provider }, { stepKey }) {
    mustHaveSubjects(version);
    for (const subject of version.subjects) await deps.denylist.get(subject);
    const { live, missing } = await deps.gateways.members();
    const gateways = live.map(({ gatewayId }) => gatewayId).join(', ') || 'none';
    const gone = missing.length > 0 ? `; MISSING: ${missing.map(({ gatewayId }) => gatewayId).join(', ')}` : '';
    const rights = provider ? `; ${(await provider.probe(credential, callContext(stepKey))).evidence}` : '';
    return `${version.subjects.length} subjects; gateways: ${gateways}${gone}${rights}`;
  },

  async replace(_deps, target, { stepKey }) {
    return (await providerOf(target).probe(target.credential, callContext(stepKey))).evidence;
  },

  async move(deps, { credential, version }, { dependentId = '', stepKey }) {
    const { dependent, adapter } = lookUpDependent(deps, credential, dependentId);
    const { using, healthy, detail } = await adapter.status(dependent, version, callContext(stepKey));
    // A leaked version that nobody has told it about yet may well be the one before.
    if (!healthy && using === version.version)
      throw new IncidentError('DEPENDENT_UNREACHABLE', { dependent: dependentId, detail });
    return `uses version ${using}: ${detail}`;
  },

  async revoke(deps, { credential }) {
    const { provider, team } = await deps.budget.left(credential.provider, credential.ownerTeam);
    if (provider === 0 || team === 0) throw new IncidentError('ACTION_BUDGET_SPENT', { provider, team });
    return `${Math.min(provider, team)} more may be revoked without a person now`;
  },

  async verify(_deps, target, { stepKey }) {
    return (await providerOf(target).test(target.credential, target.version, callContext(stepKey))).evidence;
  },

  notify(deps, _target, { audience = '' }) {
    const channels = deps.audiences[audience];
    if (!channels) throw new IncidentError('AUDIENCE_UNKNOWN', { audience });
    const unknown = channels.find(({ notifier }) => !deps.notifiers.has(notifier));
    if (unknown) throw new IncidentError('NOTIFIER_UNKNOWN', { notifier: unknown.notifier, audience });
    return Promise.resolve(`${channels.length} channels: ${channels.map(({ notifier }) => notifier).join(', ')}`);
  },
};

function mustHaveSubjects({ credentialId, version, subjects }: SecretVersion): void {
  if (subjects.length === 0) throw new IncidentError('SUBJECTS_MISSING', { credential: credentialId, version });
}
