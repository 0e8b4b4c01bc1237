import { createHash } from 'node:crypto';
import { nextStep } from '../domain/errors';
import { newestLive } from '../domain/version-order';
import { atActivityEdge, stepTime } from './activity-edge';
import type { ActivityDeps } from './deps';
import { findTarget } from './lookup';
import { faultOf, type ReadinessFault } from './readiness-fault';
import { checkStep, type RehearseInput } from './rehearsal';
import { examineServers, type ServerReadiness } from './server-readiness';
import { examineStores } from './store-readiness';
import { tellSecurity } from './tell-audience';

/** Whether a leak of a credential could be answered now. */
export interface CredentialReadiness {
  readonly credentialId: string;
  readonly provider: string;
  /** The newest that lives. */
  readonly version: number;
  readonly faults: readonly ReadinessFault[];
}

/** Missing in what was begun before servers were looked at. */
export interface Unready {
  readonly unready: readonly CredentialReadiness[];
  readonly servers?: readonly ServerReadiness[];
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

    /** The same of what no credential leads to: accounts of which none lives here, and channels. */
    examineServers: (): Promise<readonly ServerReadiness[]> => examineServers(deps),

    /** Tells security what an incident would fail at: once a week, and whenever that is something else. */
    async reportUnready({ unready, servers = [] }: Unready): Promise<void> {
      const named = [...unready.map(({ credentialId: name, faults }) => ({ name, faults })), ...servers];
      const lines = named.flatMap(({ name, faults }) =>
        faults.map(({ step, code, fault }) => ({ key: `${name} ${step} ${code}`, text: `${name}, ${step}: ${fault}` })),
      );
      const keys = lines.map(({ key }) => key).sort();
      const what = createHash('sha256').update(keys.join('\n')).digest('hex').slice(0, 16);
      const more = lines.length - TOLD;
      await tellSecurity(deps, `not-ready/${Math.floor(stepTime() / WEEK_MS)}/${what}`, {
        title:
          unready.length > 0
            ? `[medium] a leak of ${unready.length} credentials could not be answered now`
            : `[medium] ${servers.length} of the servers that incidents need are not ready`,
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
          count: String(named.length),
        },
      });
    },
  });
}

export type ReadinessActivities = ReturnType<typeof createReadinessActivities>;

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
