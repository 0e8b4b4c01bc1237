import { createHash } from 'node:crypto';
import { IncidentError, nextStep } from '../domain/errors';
import { newestLive } from '../domain/version-order';
import { atActivityEdge, callContext, stepTime } from './activity-edge';
import type { ActivityDeps } from './deps';
import { findTarget } from './lookup';
import { checkStep, type RehearseInput } from './rehearsal';
import { probeSecretStore } from './store/secret-stores/secret-stores';
import { tellSecurity } from './tell-audience';

/** Why one step of an incident could not be done now. */
export interface ReadinessFault {
  readonly step: string;
  readonly code: string;
  readonly fault: string;
}

/** Whether a leak of a credential could be answered now. */
export interface CredentialReadiness {
  readonly credentialId: string;
  readonly provider: string;
  /** The newest that lives. */
  readonly version: number;
  readonly faults: readonly ReadinessFault[];
}

interface Stage extends Pick<RehearseInput, 'stage' | 'dependentId'> {
  readonly step: string;
}

const WEEK_MS = 7 * 24 * 3_600_000;
/** As many as a person reads in a notice. */
const TOLD = 10;

/** What keeping ready for an incident can have done: it looks, and leaves nothing changed. */
export function createReadinessActivities(deps: ActivityDeps) {
  return atActivityEdge({
    /** Ids of all credentials in the inventory. */
    async listCredentials(): Promise<readonly string[]> {
      return (await deps.inventory.credentials()).map(({ id }) => id);
    },

    /**
     * What an incident of each would need: that its subjects can be refused, our admin credential may do what is needed, the live value works, the
     * dependents answer, and a new value can be kept. One without a live version is left out.
     */
    async examineReadiness({
      credentialIds,
    }: {
      readonly credentialIds: readonly string[];
    }): Promise<readonly CredentialReadiness[]> {
      const ofStores = await examineStores(deps);
      const examined = await Promise.all(credentialIds.map((id) => examine(deps, id, ofStores)));
      return examined.filter((readiness) => readiness !== undefined);
    },

    /** Tells security what an incident would fail at: once a week, and whenever that is something else. */
    async reportUnready({ unready }: { readonly unready: readonly CredentialReadiness[] }): Promise<void> {
      const lines = unready.flatMap(({ credentialId, faults }) =>
        faults.map(({ step, code, fault }) => ({
          key: `${credentialId} ${step} ${code}`,
          text: `${credentialId}, ${step}: ${fault}`,
        })),
      );
      const keys = lines.map(({ key }) => key).sort();
      const what = createHash('sha256').update(keys.join('\n')).digest('hex').slice(0, 16);
      const more = lines.length - TOLD;
      await tellSecurity(deps, `not-ready/${Math.floor(stepTime() / WEEK_MS)}/${what}`, {
        title: `[medium] a leak of ${unready.length} credentials could not be answered now`,
        body: [
          ...lines.slice(0, TOLD).map(({ text }) => text),
          ...(more > 0 ? [`and ${more} more`] : []),
          nextStep('NOT_READY'),
        ].join('\n'),
        fields: {
          audience: 'security',
          kind: 'not-ready',
          code: 'NOT_READY',
          severity: 'medium',
          count: String(unready.length),
        },
      });
    },
  });
}

export type ReadinessActivities = ReturnType<typeof createReadinessActivities>;

/** What is wrong with each secret store, by its name: in each a value that means nothing is written, read and destroyed. */
async function examineStores(deps: ActivityDeps): Promise<ReadonlyMap<string, ReadinessFault>> {
  const probed = deps.stores.all.map(async (store) => {
    const step = store === deps.stores.byDefault ? 'keep a new value' : `keep values in ${store}`;
    return [store, await faultOf(step, () => probeSecretStore(deps.secrets, store))] as const;
  });
  return new Map((await Promise.all(probed)).flatMap(([store, fault]) => (fault ? [[store, fault]] : [])));
}

async function examine(
  deps: ActivityDeps,
  credentialId: string,
  ofStores: ReadonlyMap<string, ReadinessFault>,
): Promise<CredentialReadiness | undefined> {
  const live = newestLive(await deps.inventory.versions(credentialId));
  if (!live) return undefined;
  const target = await findTarget(deps, credentialId, live.version);
  const { credential, provider } = target;
  const stages: Stage[] = [
    { stage: 'contain', step: 'contain' },
    provider ? { stage: 'verify', step: 'use the live value' } : { stage: 'replace', step: 'replace' },
    ...credential.dependents.map(({ id }) => ({ stage: 'move' as const, dependentId: id, step: `move ${id}` })),
  ];
  const looked = stages.map((stage) =>
    faultOf(stage.step, () => checkStep(deps, target, { ...stage, stepKey: `readiness/${credentialId}` })),
  );
  // The one it has its value in, and the one it would get the next in.
  const needed = [...new Set([deps.stores.byDefault, live.secret.store])].map((store) => ofStores.get(store));
  const faults = [...(await Promise.all(looked)), ...needed].filter((fault) => fault !== undefined);
  return { credentialId, provider: credential.provider, version: live.version, faults };
}

async function faultOf(step: string, check: () => Promise<unknown>): Promise<ReadinessFault | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    // Told to stop, it has found nothing out.
    if (callContext(step).signal.aborted) throw error;
    if (error instanceof IncidentError) return { step, code: error.code, fault: error.message };
    // The text of others may hold what nobody should read.
    return { step, code: 'INTERNAL', fault: `INTERNAL: ${error instanceof Error ? error.name : typeof error}` };
  }
}
