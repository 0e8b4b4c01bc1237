import { IncidentError } from '../domain/errors';
import { newestLive } from '../domain/version-order';
import { callContext } from './activity-edge';
import type { ActivityDeps } from './deps';
import { faultOf, type ReadinessFault } from './readiness-fault';
import { examineStores } from './store-readiness';

/** Whether something that incidents need beside any one credential would do its part now. */
export interface ServerReadiness {
  /** What a person knows it by, such as `account postgres-role/orders`. */
  readonly name: string;
  readonly faults: readonly ReadinessFault[];
}

/** Accounts of which no credential lives here, so that nothing else asks them, every secret store, and every channel. */
export async function examineServers(deps: ActivityDeps): Promise<readonly ServerReadiness[]> {
  const [faults, idle] = await Promise.all([examineStores(deps), idleAccounts(deps)]);
  const stores = deps.stores.all.map((store) => ({
    name: `secret store ${store}`,
    faults: faultsOf(faults.get(store)),
  }));
  const accounts = idle.map(({ provider, account }) => examineAccount(deps, provider, account));
  return [...(await Promise.all([...accounts, ...examineChannels(deps)])), ...stores];
}

async function examineOne(name: string, step: string, look: () => Promise<unknown>): Promise<ServerReadiness> {
  return { name, faults: faultsOf(await faultOf(step, look)) };
}

function faultsOf(fault: ReadinessFault | undefined): readonly ReadinessFault[] {
  return fault ? [fault] : [];
}

async function idleAccounts(deps: ActivityDeps) {
  const credentials = await deps.inventory.credentials();
  const living = await Promise.all(
    credentials.map(async ({ id, provider, account }) =>
      newestLive(await deps.inventory.versions(id)) ? [`${provider}/${account}`] : [],
    ),
  );
  const asked = new Set(living.flat());
  return Object.entries(deps.accounts).flatMap(([provider, accounts]) =>
    accounts.filter((account) => !asked.has(`${provider}/${account}`)).map((account) => ({ provider, account })),
  );
}

function examineAccount(deps: ActivityDeps, provider: string, account: string): Promise<ServerReadiness> {
  const name = `account ${provider}/${account}`;
  return examineOne(name, 'take our admin credential', () => {
    const asks = deps.providers.get(provider);
    if (!asks) throw new IncidentError('PROVIDER_UNKNOWN', { provider, account });
    return asks.probeAccount(account, callContext(`readiness/${name}`));
  });
}

function examineChannels(deps: ActivityDeps): readonly Promise<ServerReadiness>[] {
  return Object.entries(deps.audiences).flatMap(([audience, channels = []]) =>
    channels.map(({ notifier, target }, index) => {
      const name = `channel ${index + 1} of ${audience} (${notifier})`;
      return examineOne(name, 'be reached', () => {
        const sender = deps.notifiers.get(notifier);
        if (!sender) throw new IncidentError('NOTIFIER_UNKNOWN', { notifier });
        return sender.reach(target, callContext(`readiness/${name}`));
      });
    }),
  );
}
