import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { Argument, Command, InvalidArgumentError } from 'commander';
import { EXPERIMENTS } from '../../drills/chaos/experiments';
import { deviations, keepJournal, passed } from '../../drills/chaos/journal';
import { runDrill } from '../../drills/chaos/run-drill';
import { playScene } from '../play-scene';

interface DrillFlags {
  readonly json: boolean;
  readonly evidence?: string;
  readonly seed?: number;
}

export function drillCommand(): Command {
  return new Command('drill')
    .description('Chaos drills: break something while a leak is answered, on a stack of their own')
    .addCommand(new Command('list').description('What there is').action(list))
    .addCommand(
      new Command('run')
        .description('Run a drill; the status is not 0 when anything did not hold')
        .addArgument(new Argument('<drill>', 'its name').choices(EXPERIMENTS.map(({ name }) => name)))
        .option('--json', 'end with the evidence as one line of JSON on standard output', false)
        .option('--evidence <file>', 'where the evidence is kept (default: .tourniquet/drills/)')
        .option('--seed <number>', 'repeat the choices of another run', parseSeed)
        .action(run),
    );
}

function list(): void {
  for (const { name, title, description } of EXPERIMENTS) process.stdout.write(`${name}: ${title}. ${description}\n`);
}

async function run(name: string, flags: DrillFlags): Promise<void> {
  const experiment = EXPERIMENTS.find((one) => one.name === name);
  if (!experiment) return;
  const seed = flags.seed ?? randomInt(2 ** 32);
  const stamp = new Date().toISOString().replaceAll(':', '-');
  const evidence = flags.evidence ?? join('.tourniquet', 'drills', `${name}-${stamp}.json`);
  await playScene({
    tell: (line) => void (flags.json ? process.stderr : process.stdout).write(`${line}\n`),
    async play(options) {
      const journal = await runDrill(options, experiment, seed);
      await keepJournal(evidence, journal);
      options.tell(
        passed(journal)
          ? `Everything held. Evidence: ${evidence}`
          : `DID NOT HOLD:\n${deviations(journal)
              .map((one) => `  - ${one}`)
              .join('\n')}\nEvidence: ${evidence}`,
      );
      if (!passed(journal)) process.exitCode = 1;
      if (flags.json) process.stdout.write(`${JSON.stringify(journal)}\n`);
    },
  });
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32)
    throw new InvalidArgumentError('a whole number from 0 to 2^32 - 1');
  return seed;
}
