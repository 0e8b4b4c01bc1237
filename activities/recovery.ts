import { setTimeout as sleep } from 'node:timers/promises';
import type { DenylistEntry } from '../domain/denylist';
import { siblingsOf } from '../domain/blast-radius';
import type { Credential } from '../domain/credential';
import { IncidentError } from '../domain/errors';
import type { CallContext } from '../domain/ports/effect';
import type { CredentialProvider, Verdict } from '../domain/ports/credential-provider';
import { newestLive } from '../domain/version-order';
import { callContext } from './activity-edge';
import type { ActivityDeps } from './deps';
import { audit, audited, keepKnown, type IncidentStep, type KnowingStep } from './incident-step';
import { lookUp, type Target } from './lookup';

/** Clean probes in a row that make a proof, spread over the provider's propagation time. */
const PROBES = 3;
/** Even where a provider promises immediate effect, probes are spread a little: a balancer may have several backends. */
const MIN_SPREAD_MS = 100;

export interface Revoked {
  readonly at: number;
  readonly evidence: string;
}

export interface VerifiedDead {
  /** Live credentials of the same principal that do not work any more, which nobody meant to end. */
  readonly broken?: readonly string[];
  readonly at: number;
  readonly proof: Verdict['proof'];
  readonly evidence: string;
}

/** The irreversible end, and the proof of it. */
export function createRecoveryActivities(deps: ActivityDeps) {
  return {
    /** `decidedBy`: the person who said so. @throws ACTION_BUDGET_SPENT when nobody did, and too many were revoked by themselves. */
    async revokeVersion(
      input: IncidentStep & { readonly reason: string; readonly decidedBy?: string },
    ): Promise<Revoked> {
      const target = await lookUp(deps, input.credentialId, input.version);
      await deps.budget.spend({
        credentialId: input.credentialId,
        version: input.version,
        provider: target.credential.provider,
        team: target.credential.ownerTeam,
        incidentId: input.incidentId,
        decidedBy: input.decidedBy,
      });
      return audited(deps, input, 'revoke', { reason: input.reason }, async () => {
        const effect = await target.provider.revoke(target.credential, target.version, callContext(input.stepKey));
        const at = Date.now();
        await markRevoked(deps, input, target);
        return { result: { at, evidence: effect.evidence }, outcome: { evidence: effect.evidence, at } };
      });
    },

    /** @throws STILL_ALIVE when the old version works anywhere, COULD_NOT_TELL when a probe or its control gave no clear answer, CONTROL_REFUSED when the replacement does not work. */
    async verifyDead(input: IncidentStep & { readonly control: number }): Promise<VerifiedDead> {
      const { credential, version, provider } = await lookUp(deps, input.credentialId, input.version);
      const named = await deps.inventory.version(input.credentialId, input.control);
      // It may have leaked as well, and been replaced: then another one lives that can be shown beside the dead one.
      const control =
        named.state === 'live' ? named : (newestLive(await deps.inventory.versions(input.credentialId)) ?? named);
      const context = callContext(input.stepKey);
      const pause = Math.max(MIN_SPREAD_MS, provider.capabilities.propagationMs) / (PROBES - 1);
      let verdict: Verdict | undefined;
      for (let probe = 1; probe <= PROBES; probe++) {
        if (probe > 1) await sleep(pause, undefined, { signal: context.signal });
        verdict = await provider.verifyDead(credential, version, control, context);
        context.heartbeat(`probe ${probe}: ${verdict.evidence}`);
        if (verdict.verdict === 'alive')
          throw new IncidentError('STILL_ALIVE', {
            credential: credential.id,
            version: version.version,
            evidence: verdict.evidence,
          });
        if (verdict.verdict === 'unknown')
          // One that has an incident of its own is refused for a reason.
          throw new IncidentError(
            verdict.controlRefused && control.state === 'live' ? 'CONTROL_REFUSED' : 'COULD_NOT_TELL',
            {
              credential: credential.id,
              version: version.version,
              evidence: verdict.evidence,
            },
          );
      }
      const { proof, evidence } = verdict ?? { proof: 'state' as const, evidence: 'no probe was made' };
      const broken = await brokenSiblings(deps, credential, provider, context);
      await deps.inventory.setProvenDead(input.credentialId, input.version, true);
      const at = Date.now();
      const siblings = broken.length > 0 ? `broken: ${broken.join(', ')}` : 'intact';
      await audit(deps, input, 'verify-dead', 'outcome', {
        proof,
        evidence,
        siblings,
        probes: PROBES,
        control: control.version,
      });
      return { at, proof, evidence, broken };
    },

    /** The last entry of an incident's audit trail. */
    async closeAudit(
      input: KnowingStep & { readonly outcome: string; readonly summary: string },
    ): Promise<{ at: number }> {
      await keepKnown(deps, input);
      await audit(deps, input, 'close', 'outcome', { outcome: input.outcome, summary: input.summary });
      await deps.checkpoint();
      return { at: Date.now() };
    },
  };
}

/** Revoking one version must not have ended what belongs to the same principal: each of those is tried, where it lived before. */
async function brokenSiblings(
  deps: ActivityDeps,
  credential: Credential,
  provider: CredentialProvider,
  context: CallContext,
): Promise<readonly string[]> {
  const siblings = siblingsOf(credential, await deps.inventory.credentials());
  const broken: string[] = [];
  for (const sibling of siblings) {
    const live = newestLive(await deps.inventory.versions(sibling.id));
    if (!live) continue;
    try {
      await provider.test(sibling, live, context);
    } catch (error) {
      // Whether it works could not be told: that is no sign that we ended it.
      if (error instanceof IncidentError && error.code === 'REPLACEMENT_REJECTED') broken.push(sibling.id);
    }
  }
  return broken;
}

/** The dead version stays listed as a tripwire, its state can't go back, and detectors know it from now on. */
async function markRevoked(
  deps: ActivityDeps,
  input: IncidentStep & { readonly reason: string },
  target: Target,
): Promise<void> {
  const { version } = target;
  await deps.inventory.setState(input.credentialId, input.version, 'revoked');
  for (const subject of version.subjects) {
    const entry: DenylistEntry = {
      subject,
      credentialId: input.credentialId,
      version: input.version,
      status: 'revoked',
      mode: 'deny-all',
      allow: [],
      incidentId: input.incidentId,
      reason: input.reason,
      since: Date.now(),
    };
    await Promise.all([deps.denylist.tighten(entry), deps.containments.tighten(entry)]);
  }
  await deps.projection.write(await deps.inventory.records());
  await deps.announce('revoked', version.subjects, input.stepKey);
}
