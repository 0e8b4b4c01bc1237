import { createActionBudget } from '../../activities/store/action-budget';
import { openDatabase, type Database } from '../../activities/store/database';
import { migrate } from '../../activities/store/migrate';
import type { IrreversibleAction } from '../../domain/ports/stores';
import { freshDatabase, type FreshDatabase } from '../support/fresh-database';
import { integrationStack } from '../support/integration-stack';

const BUDGETS = { windowSeconds: 3_600, perProvider: 4, perTeam: 3 };

let fresh: FreshDatabase;
let database: Database;

beforeEach(async () => {
  fresh = await freshDatabase(integrationStack().postgres.adminUrl);
  await migrate(fresh.url);
  database = openDatabase(fresh.url, { applicationName: 'budget' });
});

afterEach(async () => {
  await database.end();
  await fresh.drop();
});

const revoke = (credentialId: string, more: Partial<IrreversibleAction> = {}): IrreversibleAction => ({
  credentialId,
  version: 1,
  provider: 'api-token',
  team: 'payments',
  incidentId: `incident/${credentialId}/1`,
  ...more,
});

async function outcomes(spending: readonly Promise<void>[]): Promise<string[]> {
  const settled = await Promise.allSettled(spending);
  return settled.map((one) => (one.status === 'fulfilled' ? 'spent' : (one.reason as { code: string }).code)).sort();
}

test('workers that count at the same moment never spend more than there is', async () => {
  const workers = [createActionBudget(database, BUDGETS), createActionBudget(database, BUDGETS)];
  const spending = Array.from({ length: 12 }, (_, n) => workers[n % 2]!.spend(revoke(`token-${n}`)));

  expect(await outcomes(spending)).toEqual([
    ...Array<string>(9).fill('ACTION_BUDGET_SPENT'),
    'spent',
    'spent',
    'spent',
  ]);
});

test('the same version spends once, and again is no refusal', async () => {
  const budget = createActionBudget(database, { ...BUDGETS, perTeam: 1 });
  await budget.spend(revoke('token'));
  await budget.spend(revoke('token'));

  await expect(budget.spend(revoke('token', { version: 2 }))).rejects.toMatchObject({
    code: 'ACTION_BUDGET_SPENT',
    fields: { team: 'payments', limit: 1, windowSeconds: 3_600 },
  });
});

test('the provider has a budget of its own, over all teams', async () => {
  const budget = createActionBudget(database, BUDGETS);
  const spend = (team: string, n: number) => budget.spend(revoke(`${team}-${n}`, { team }));

  expect(await outcomes([spend('a', 1), spend('a', 2), spend('b', 1), spend('b', 2), spend('c', 1)])).toEqual([
    'ACTION_BUDGET_SPENT',
    ...Array<string>(4).fill('spent'),
  ]);
  await budget.spend(revoke('elsewhere', { team: 'c', provider: 'postgres-role' }));
});

test('what a person decides is never refused, and takes nothing from the budget', async () => {
  const budget = createActionBudget(database, { ...BUDGETS, perTeam: 1 });
  await budget.spend(revoke('by-ana', { decidedBy: 'ana' }));
  await budget.spend(revoke('alone'));
  await budget.spend(revoke('by-ana-too', { decidedBy: 'ana' }));

  await expect(budget.spend(revoke('alone-too'))).rejects.toMatchObject({ code: 'ACTION_BUDGET_SPENT' });
});

test('what lies before the window counts no more', async () => {
  const budget = createActionBudget(database, { ...BUDGETS, perTeam: 1 });
  await budget.spend(revoke('old'));
  await database.query(`UPDATE irreversible_actions SET at = now() - interval '61 minutes'`);

  await expect(budget.spend(revoke('new'))).resolves.toBeUndefined();
});
