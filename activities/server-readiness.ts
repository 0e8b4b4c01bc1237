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
  const [accounts, faults] = await Promise.all([idleAccounts(deps), examineStores(deps)]);
  const stores = deps.stores.all.map((store) => ({
    name: `secret store ${store}`,
    faults: faultsOf(faults.get(store)),
  }));
  return [...(await Promise.all([...accounts.map((account) => account()), ...channelsOf(deps)])), ...stores];
}

function faultsOf(fault: ReadinessFault | undefined): readonly ReadinessFault[] {
  return fault ? [fault] : [];
}

async function idleAccounts(deps: ActivityDeps): Promise<readonly (() => Promise<ServerReadiness>)[]> {
  const credentials = await deps.inventory.credentials();
  const living = await Promise.all(
    credentials.map(async ({ id, provider, account }) =>
      newestLive(await deps.inventory.versions(id)) ? [`${provider}/${account}`] : [],
    ),
  );
  const asked = new Set(living.flat());
  const idle = Object.entries(deps.accounts).flatMap(([provider, accounts]) =>
    accounts.filter((account) => !asked.has(`${provider}/${account}`)).map((account) => ({ provider, account })),
  );
  return idle.map(({ provider, account }) => async () => {
    const name = `account ${provider}/${account}`;
    const fault = await faultOf('take our admin credential', () => {
      const asks = deps.providers.get(provider);
      if (!asks) throw new IncidentError('PROVIDER_UNKNOWN', { provider, account });
      return asks.probeAccount(account, callContext(`readiness/${name}`));
    });
    return { name, faults: faultsOf(fault) };
  });
}

function channelsOf(deps: ActivityDeps): readonly Promise<ServerReadiness>[] {
  const channels = Object.entries(deps.audiences).flatMap(([audience, of = []]) =>
    of.map((channel, index) => ({ ...channel, name: `channel ${index + 1} of ${audience} (${channel.notifier})` })),
  );
  return channels.map(async ({ notifier, target, name }) => {
    const fault = await faultOf('be reached', () => {
      const sender = deps.notifiers.get(notifier);
      if (!sender) throw new IncidentError('NOTIFIER_UNKNOWN', { notifier });
      return sender.reach(target, callContext(`readiness/${name}`));
    });
    return { name, faults: faultsOf(fault) };
  });
}
