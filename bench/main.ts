import { DefaultLogger, Runtime } from '@temporalio/worker';
import { Command } from 'commander';
import { benchContainment, renderContainment } from './containment';
import { detectionQualityCommand } from './detection-quality/command';
import { benchDetectionThroughput, renderThroughput } from './detection-throughput/measure';
import { benchCycle, renderCycle } from './cycle';
import { madeUpEstateCommand } from './made-up-estate/command';

// The figures are what is asked for; the SDK tells of each worker's state otherwise.
Runtime.install({ logger: new DefaultLogger('WARN') });

/** `npm run bench -- containment`: a table, and with --json one last line of JSON. Ratios against a floor of the same run. */
const program = new Command('bench').description('Measures the product against a floor taken in the same run');

function add<R>(
  name: string,
  description: string,
  measure: (report: (line: string) => void) => Promise<R>,
  render: (result: R) => string,
): void {
  program
    .command(name)
    .description(description)
    .option('--json', 'end with the figures as one line of JSON', false)
    .action(async ({ json }: { readonly json: boolean }) => {
      const result = await measure((line) => void process.stderr.write(`${line}\n`));
      process.stdout.write(`${render(result)}\n`);
      if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
    });
}

add(
  'containment',
  'from the publication of the event that completes the evidence to the refusal',
  benchContainment,
  renderContainment,
);
add('cycle', 'from the start of an incident to the proof that the version is dead', benchCycle, renderCycle);

add(
  'detection-throughput',
  'events a second on one core, how late decisions come under load, and what a credential takes in memory',
  benchDetectionThroughput,
  renderThroughput,
);

program.addCommand(detectionQualityCommand());
program.addCommand(madeUpEstateCommand());

void program.parseAsync();
