import { Command } from 'commander';
import { printTable } from '../print-table';
import { writeTables } from '../write-tables';
import { ESTATE_HEAD, estateLine, estateRows } from './figures';
import { KINDS_OF_LIFE, measureLives } from './measure';

const DOCS = 'docs/detection.md';

interface Flags {
  readonly lives: string;
  readonly seed: string;
  readonly json: boolean;
  readonly writeDocs: boolean;
}

/** `npm run bench -- made-up-estate`: what is told of ordinary life, and of what is stolen from it; needs no servers and no recorded data. */
export function madeUpEstateCommand(): Command {
  return new Command('made-up-estate')
    .description('how much is told of six weeks of ordinary life, made up, and how soon of thefts')
    .option('--lives <count>', 'how many of each kind', '8')
    .option('--seed <number>', 'other lives of the same kinds', '1')
    .option('--json', 'end with the figures as one line of JSON', false)
    .option('--write-docs', `put the table into ${DOCS}`, false)
    .action(async ({ lives, seed, json, writeDocs }: Flags) => {
      const estate = KINDS_OF_LIFE.map((kind) => {
        process.stderr.write(`living ${kind.title}\n`);
        return measureLives(kind, Number(lives), Number(seed));
      });
      const rows = estateRows(estate);
      printTable(ESTATE_HEAD, rows);
      if (writeDocs) await writeTables(DOCS, 'made-up-estate', [{ head: ESTATE_HEAD, rows }]);
      if (json) process.stdout.write(`${JSON.stringify(estateLine(estate))}\n`);
    });
}
