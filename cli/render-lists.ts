import Table from 'cli-table3';
import type { ListReport } from '../activities/intel';

/** Threat lists as a table for people: what is in force, what of it was left out and why, and what failed. */
export function renderLists(lists: readonly ListReport[]): string {
  const table = new Table({
    head: ['list', 'says', 'trust', 'networks', 'left out', 'confirmed', 'in force until', 'fault'],
    style: { head: [], border: [] },
  });
  const time = (at: number) => (at === 0 ? 'never' : new Date(at).toISOString());
  for (const { name, says, trust, networks, leftOut, confirmedAt, until, fault } of lists)
    table.push([
      name,
      says,
      says === 'hostile' ? trust : '',
      networks,
      Object.entries(leftOut)
        .map(([reason, count]) => `${reason}: ${count}`)
        .join('\n'),
      time(confirmedAt),
      time(until),
      fault?.code ?? '',
    ]);
  return table.toString();
}
