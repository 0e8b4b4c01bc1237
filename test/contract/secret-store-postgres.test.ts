import { openDatabase } from '../../activities/store/database';
import { migrate } from '../../activities/store/migrate';
import { startLocalStack } from '../../stack/local-stack';
import { startDeafProxy, type DeafProxy } from '../support/deaf-proxy';
import { freshDatabase } from '../support/fresh-database';
import { testSecretStore } from '../support/orders-server';
import { describeSecretStore, OVER_A_NETWORK } from './secret-store.contract';

describeSecretStore({
  name: 'postgres',
  async make() {
    const stack = await startLocalStack({ servers: ['postgres'] });
    const ours = await freshDatabase(stack.postgres?.adminUrl ?? '');
    await migrate(ours.url);
    const open = (url: string) => openDatabase(url, { applicationName: 'contract' });
    const databases = [open(ours.url)];
    const deaf: DeafProxy[] = [];
    return {
      store: testSecretStore(databases[0]!),
      async losing() {
        const url = new URL(ours.url);
        const proxy = await startDeafProxy(Number(url.port), 'INSERT INTO secrets', () => undefined);
        deaf.push(proxy);
        url.port = String(proxy.port);
        const lost = open(url.href);
        databases.push(lost);
        return testSecretStore(lost);
      },
      secrets: [new URL(ours.url).password].filter((password) => password !== ''),
      async stop() {
        await Promise.all(deaf.map((proxy) => proxy.stop()));
        await Promise.all(databases.map((database) => database.end()));
        await stack.stop();
      },
    };
  },
  skip: [
    {
      reason:
        'failures of our own database have no code, in any store: the edge of activities blanks them and tries again',
      cases: OVER_A_NETWORK,
    },
  ],
});
