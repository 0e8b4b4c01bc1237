import Table from 'cli-table3';
import { Command } from 'commander';
import { createInventory } from '../../activities/store/inventory';
import { withSession } from '../session';

export function credentialCommand(): Command {
  return new Command('credential')
    .description('Look at the inventory')
    .addCommand(new Command('list').description('Credentials, their versions and dependents').action(list));
}

async function list(): Promise<void> {
  await withSession(async ({ database }) => {
    const inventory = createInventory(database);
    const table = new Table({
      head: ['credential', 'provider', 'owner', 'enforced by', 'versions', 'dependents'],
      style: { head: [], border: [] },
    });
    for (const credential of await inventory.credentials()) {
      const versions = await inventory.versions(credential.id);
      table.push([
        credential.id,
        credential.provider,
        credential.ownerTeam,
        credential.enforcement,
        versions.map(({ version, state }) => `${version} ${state}`).join('\n'),
        credential.dependents.map(({ id, kind }) => `${id} (${kind})`).join('\n'),
      ]);
    }
    process.stdout.write(`${table.toString()}\n`);
  });
}
