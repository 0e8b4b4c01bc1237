import { spentBudget, type ActionBudgets, type ActionCounts } from '../../domain/action-budget';
import { IncidentError } from '../../domain/errors';
import type { ActionBudget } from '../../domain/ports/stores';
import { inTransaction, type Database } from './database';

/** One at a time over all workers: two that count together would both be the last one allowed. */
const LOCK = 'tourniquet.irreversible_actions';

/** The breaker, on the database's clock: workers of several machines share one window. */
export function createActionBudget(database: Database, budgets: ActionBudgets): ActionBudget {
  return {
    spend: (action) =>
      inTransaction(database, async (client) => {
        const { credentialId, version, provider, team, incidentId, decidedBy } = action;
        await client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [LOCK]);
        const known = await client.query('SELECT FROM irreversible_actions WHERE credential_id = $1 AND version = $2', [
          credentialId,
          version,
        ]);
        if (known.rowCount) return;
        const spent = spentBudget(await count(client, budgets, provider, team), budgets);
        if (spent && decidedBy === undefined)
          throw new IncidentError('ACTION_BUDGET_SPENT', {
            [spent.of]: spent.of === 'team' ? team : provider,
            limit: spent.limit,
            windowSeconds: budgets.windowSeconds,
          });
        await client.query(
          `INSERT INTO irreversible_actions (credential_id, version, provider, team, incident_id, decided_by)
           VALUES ($1, $2, $3, $4, $5, $6)`,
          [credentialId, version, provider, team, incidentId, decidedBy ?? null],
        );
      }),

    async left(provider, team) {
      const taken = await count(database, budgets, provider, team);
      return {
        provider: Math.max(0, budgets.perProvider - taken.provider),
        team: Math.max(0, budgets.perTeam - taken.team),
      };
    },
  };
}

/** What was done without a person within the window. */
async function count(
  client: Pick<Database, 'query'>,
  { windowSeconds }: ActionBudgets,
  provider: string,
  team: string,
): Promise<ActionCounts> {
  const { rows } = await client.query<{ provider: number; team: number }>(
    `SELECT count(*) FILTER (WHERE provider = $2)::int AS provider, count(*) FILTER (WHERE team = $3)::int AS team
       FROM irreversible_actions WHERE decided_by IS NULL AND at > now() - make_interval(secs => $1)`,
    [windowSeconds, provider, team],
  );
  return rows[0] ?? { provider: 0, team: 0 };
}
