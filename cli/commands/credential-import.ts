import { Command } from 'commander';
import type { ApiClient } from '../../client/api-client';
import type { RegistrationRequest } from '../../domain/credential-description';
import { IncidentError } from '../../domain/errors';
import { apiClientOf, apiOption, keyFileOption } from '../api-options';
import { readInventoryFile, requestOf } from '../read-inventory-file';

interface ImportFlags {
  readonly dryRun: boolean;
  readonly api: string;
  readonly keyFile?: string;
}

export function credentialImportCommand(): Command {
  return new Command('import')
    .description('Register the credentials that a file lists, or describe them anew; a repetition is harmless')
    .argument('<file>', 'YAML, or CSV where it ends with .csv')
    .option('--dry-run', 'only read the file and what it names, and say what is wrong', false)
    .addOption(apiOption())
    .addOption(keyFileOption('admin'))
    .action(importFile);
}

async function importFile(file: string, { dryRun, api, keyFile }: ImportFlags): Promise<void> {
  const listed = readInventoryFile(file);
  // All values are there before the first is sent.
  const requests = listed.map((one) => ({ id: one.id, request: requestOf(one, file) }));
  if (dryRun) {
    process.stdout.write(`${requests.length} credentials can be registered as the file says; nothing was sent.\n`);
    return;
  }
  if (keyFile === undefined)
    throw new IncidentError('CONFIG_INVALID', { faults: ['--key-file: is needed, or TOURNIQUET_API_KEY_FILE'] });
  const client = apiClientOf({ api, keyFile });
  for (const { id, request } of requests) process.stdout.write(`${await register(client, id, request)}\n`);
}

/** One line for people; what is wrong shows in the exit code, too. One that fails keeps no other from being registered. */
async function register(client: ApiClient, id: string, request: RegistrationRequest): Promise<string> {
  try {
    const { version, faults } = await client.registerCredential(id, request);
    if (faults.length === 0) return `${id}: version ${version ?? 'none'}, ready`;
    process.exitCode = 1;
    return [
      `${id}: version ${version ?? 'none'}, NOT READY`,
      ...faults.map(({ step, fault }) => `  ${step}: ${fault}`),
    ].join('\n');
  } catch (error) {
    if (!(error instanceof IncidentError)) throw error;
    process.exitCode = 1;
    return `${id}: NOT REGISTERED: ${error.message}`;
  }
}
