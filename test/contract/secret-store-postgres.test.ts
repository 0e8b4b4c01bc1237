import { openDatabase } from '../../activities/store/database';
import { migrate } from '../../activities/store/migrate';
import { FaultProxy } from '../../drills/chaos/fault-proxy';
import { startLocalStack } from '../../stack/local-stack';
import { freshDatabase } from '../support/fresh-database';
import { testSecretStore } from '../support/orders-server';
import { BUSY_POSTGRES, CAPTIVE_PORTAL, postgresError } from '../support/server-says';
import { describeSecretStore, type BadAnswer } from './secret-store.contract';

const ANSWERS: Readonly<Record<BadAnswer, string | Uint8Array>> = {
  denied: postgresError('28P01'),
  throttled: BUSY_POSTGRES.answer,
  failing: postgresError('57P03'),
  malformed: CAPTIVE_PORTAL,
};

describeSecretStore({
  name: 'postgres',
  async make() {
    const stack = await startLocalStack({ servers: ['postgres'] });
    const ours = await freshDatabase(stack.postgres?.adminUrl ?? '');
    await migrate(ours.url);
    const ends: (() => Promise<unknown>)[] = [() => stack.stop()];
    /** The same database, by a way of its own. */
    async function storeByAWay() {
      const url = new URL(ours.url);
      const way = await FaultProxy.start({ host: url.hostname, port: Number(url.port) });
      url.port = String(way.port);
      const database = openDatabase(url.href, { applicationName: 'contract' });
      ends.unshift(
        () => database.end(),
        () => way.stop(),
      );
      return { way, store: testSecretStore(database) };
    }
    return {
      ...(await storeByAWay()),
      async answered(answer) {
        const { way, store } = await storeByAWay();
        way.mode = { answer: ANSWERS[answer] };
        return store;
      },
      async losing() {
        const { way, store } = await storeByAWay();
        way.mode = { loseAnswerTo: /INSERT INTO secrets/ };
        return store;
      },
      secrets: [new URL(ours.url).password].filter((password) => password !== ''),
      async stop() {
        for (const end of ends) await end();
      },
    };
  },
});
