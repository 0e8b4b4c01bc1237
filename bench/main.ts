import { Command } from 'commander';
import { benchContainment, renderContainment } from './containment';

/** `npm run bench -- containment`: a table, and with --json one last line of JSON. Ratios against a floor of the same run. */
const program = new Command('bench').description('Measures the product against a floor taken in the same run');

program
  .command('containment')
  .description('from the publication of the event that completes the evidence to the refusal')
  .option('--json', 'end with the figures as one line of JSON', false)
  .action(async ({ json }: { readonly json: boolean }) => {
    const result = await benchContainment((line) => void process.stderr.write(`${line}\n`));
    process.stdout.write(`${renderContainment(result)}\n`);
    if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
  });

void program.parseAsync();
