import Table from 'cli-table3';
import { Command, InvalidArgumentError } from 'commander';
import { createInventory } from '../../activities/store/inventory';
import { apiClientOf, apiOption, keyFileOption } from '../api-options';
import { withSession } from '../session';
import { credentialDiscoverCommand } from './credential-discover';
import { credentialImportCommand } from './credential-import';
import { credentialInferCommand } from './credential-infer';

export function credentialCommand(): Command {
  return new Command('credential')
    .description('Look at the inventory, and say what only a person can know')
    .addCommand(new Command('list').description('Credentials, their versions and dependents').action(list))
    .addCommand(credentialDiscoverCommand())
    .addCommand(credentialImportCommand())
    .addCommand(credentialInferCommand())
    .addCommand(
      new Command('moved')
        .description('Say that a dependent of kind manual uses another version now')
        .argument('<credential>')
        .argument('<dependent>')
        .requiredOption('--to <version>', 'which version it uses', readVersion)
        .requiredOption('--note <text>', 'how you know; people read it')
        .addOption(apiOption())
        .addOption(keyFileOption('responder').makeOptionMandatory())
        .action(moved),
    );
}

interface MovedFlags {
  readonly to: number;
  readonly note: string;
  readonly api: string;
  readonly keyFile: string;
}

async function moved(credential: string, dependent: string, { to, note, api, keyFile }: MovedFlags): Promise<void> {
  const client = apiClientOf({ api, keyFile });
  await client.movedByHand(credential, dependent, { version: to, note });
  process.stdout.write(`${dependent} uses version ${to} of ${credential}: it is on record.\n`);
}

function readVersion(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('must be the number of a version');
  return Number(text);
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
