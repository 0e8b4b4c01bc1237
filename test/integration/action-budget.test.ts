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

describe('what is left', () => {
  const left = (budgets = BUDGETS, provider = 'api-token', team = 'payments') =>
    createActionBudget(database, budgets).left(provider, team);

  test('is all of it at first, and less by each version that was ended without a person', async () => {
    const budget = createActionBudget(database, BUDGETS);
    expect(await left()).toEqual({ provider: 4, team: 3 });

    await budget.spend(revoke('one'));
    await budget.spend(revoke('one'));
    await budget.spend(revoke('by-ana', { decidedBy: 'ana' }));
    await budget.spend(revoke('of-others', { team: 'search' }));
    await budget.spend(revoke('elsewhere', { provider: 'postgres-role' }));

    expect(await left()).toEqual({ provider: 2, team: 1 });
    expect(await left(BUDGETS, 'postgres-role', 'search')).toEqual({ provider: 3, team: 2 });
  });

  test('is never less than nothing, though the budgets were lowered since, and asking spends nothing', async () => {
    const budget = createActionBudget(database, BUDGETS);
    for (const name of ['a', 'b', 'c']) await budget.spend(revoke(name));

    const lowered = { ...BUDGETS, perProvider: 1, perTeam: 1 };
    expect([await left(lowered), await left(lowered)]).toEqual(Array(2).fill({ provider: 0, team: 0 }));
    expect(await left()).toEqual({ provider: 1, team: 0 });
  });

  test('comes back when the window has passed', async () => {
    await createActionBudget(database, BUDGETS).spend(revoke('old'));
    await database.query(`UPDATE irreversible_actions SET at = now() - interval '61 minutes'`);

    expect(await left()).toEqual({ provider: 4, team: 3 });
  });
});
