import { createManualAdapter } from '../../activities/dependents/manual';
import { openDatabase } from '../../activities/store/database';
import { createInventory } from '../../activities/store/inventory';
import { migrate } from '../../activities/store/migrate';
import { createMovedByHand } from '../../activities/store/moved-by-hand';
import type { RenderedNotice } from '../../domain/ports/notifier';
import { startLocalStack, type LocalStack } from '../../stack/local-stack';
import { callContext } from '../support/call-context';
import { freshDatabase } from '../support/fresh-database';
import { dependentOf } from '../support/program-rig';
import { sampleCredential, sampleVersion } from '../support/sample-credential';
import { describeDependent, OVER_A_NETWORK, OVER_HTTP, type DependentRig } from './dependent.contract';

const CREDENTIAL = 'orders-db';

let stack: LocalStack;

beforeAll(async () => {
  stack = await startLocalStack({ servers: ['postgres'] });
});

afterAll(() => stack.stop());

/** A person who moves it when told to, and says so; their words are in PostgreSQL. */
async function makeRig(): Promise<DependentRig & { readonly told: RenderedNotice[] }> {
  const fresh = await freshDatabase(stack.postgres?.adminUrl ?? '');
  await migrate(fresh.url);
  const database = openDatabase(fresh.url, { applicationName: 'manual' });
  await createInventory(database).register(sampleCredential({ id: CREDENTIAL }), sampleVersion());
  const moved = createMovedByHand(database);
  const told: RenderedNotice[] = [];
  const dependent = dependentOf('manual', 'the mainframe');
  let held = 1;
  return {
    told,
    adapter: createManualAdapter(moved, async (_occasion, notice) => {
      told.push(notice);
      held = Number(notice.fields['version']);
      const word = { credentialId: CREDENTIAL, dependentId: dependent.id, version: held };
      await moved.say({ ...word, actor: 'ana@example.com', note: 'a batch ran' });
    }),
    dependent,
    silent: { ...dependent, id: 'nobody-knows' },
    credentialId: CREDENTIAL,
    held: () => held,
    fetches: () => told.length,
    probeWorks: () => undefined,
    storeAnswers: () => undefined,
    garble: () => Promise.resolve(dependent),
    withWrongKey: () => createManualAdapter(moved, () => Promise.resolve()),
    cut: () => Promise.resolve(),
    traffic: () => Promise.resolve(told.map((notice) => JSON.stringify(notice))),
    // What it could let out: it is given no value.
    secrets: [sampleVersion().secret.path],
    async stop() {
      await database.end();
      await fresh.drop();
    },
  };
}

describeDependent({
  name: 'manual',
  make: makeRig,
  skip: [
    {
      reason: 'a person is told and answers: there is no probe, no key and no way of its own',
      cases: [
        'does not call it healthy when the probe through it fails',
        'moves it at a later try when it could not fetch the value at first',
        'says unknown of an answer that can not be read',
        'says DEPENDENT_REFUSED when its key is not known there',
        'says DEPENDENT_UNREACHABLE when the way is cut',
        ...OVER_A_NETWORK,
        ...OVER_HTTP,
      ],
    },
  ],
});

test('whoever must move it is told what to do, and how to say that it is done; and who said so is shown', async () => {
  const rig = await makeRig();

  await rig.adapter.activate(rig.dependent, sampleVersion({ version: 2 }), callContext());
  const { detail } = await rig.adapter.status(rig.dependent, sampleVersion({ version: 2 }), callContext());

  expect(rig.told[0]?.title).toBe('[action] have orders-checkout use version 2 of orders-db, by hand');
  expect(rig.told[0]?.body).toContain('tourniquet credential moved orders-db orders-checkout --to 2 --note');
  expect(detail).toBe('ana@example.com says so: a batch ran');
  await rig.stop();
});

test('a word counts while nothing was asked after it: whoever is asked to go back may have gone already', async () => {
  const rig = await makeRig();
  const version = (n: number) => sampleVersion({ version: n });
  const status = () => rig.adapter.status(rig.dependent, version(1), callContext());
  await rig.adapter.activate(rig.dependent, version(1), callContext());
  const before = await status();
  const silent = rig.withWrongKey();

  await silent.activate(rig.dependent, version(2), callContext());
  const asked = await status();
  const back = await silent.activate(rig.dependent, version(1), callContext());

  expect([before.using, asked.using, asked.towards, back.state]).toEqual([1, 'several', 2, 'done']);
  expect(await status()).toMatchObject({ using: 'several', towards: 1 });
  await rig.stop();
});
