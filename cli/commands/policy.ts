import { Command } from 'commander';
import { stringify } from 'yaml';
import { IncidentError } from '../../domain/errors';
import { DEFAULTS, policyJsonSchema } from '../../domain/policy-schema';
import { readPolicy } from '../../workers/policy-file';

export function policyCommand(): Command {
  return new Command('policy')
    .description('What each severity gets')
    .addCommand(
      new Command('check')
        .description('List every fault of a policy file with its place')
        .argument('<file>', 'the policy, in YAML')
        .action(check),
    )
    .addCommand(new Command('show').description('The default policy, as a file to begin with').action(show))
    .addCommand(new Command('schema').description('Its JSON Schema, for editors').action(schema));
}

function check(file: string): void {
  try {
    const { policy } = readPolicy(file);
    process.stdout.write(`${file}: version ${policy.version}, ${policy.overrides?.length ?? 0} overrides, no fault\n`);
  } catch (error) {
    if (!(error instanceof IncidentError) || error.code !== 'CONFIG_INVALID') throw error;
    for (const fault of error.fields['faults'] as readonly string[]) process.stderr.write(`${fault}\n`);
    process.exitCode = 1;
  }
}

function show(): void {
  const { policy, budgets } = DEFAULTS;
  process.stdout.write(stringify({ ...policy, budgets }));
}

function schema(): void {
  process.stdout.write(`${JSON.stringify(policyJsonSchema(), undefined, 2)}\n`);
}
