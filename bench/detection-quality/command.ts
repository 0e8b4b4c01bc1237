import { Command } from 'commander';
import { printTable } from '../print-table';
import { figuresLine, qualityRows } from './figures';
import { measureDetectionQuality } from './measure';
import { OUTCOME_HEAD, outcomeRows } from './outcome-rows';
import { writeDocs } from './write-docs';

const DOCS = 'docs/detection.md';

interface Flags {
  readonly data: string;
  readonly json: boolean;
  readonly writeDocs: boolean;
}

/** `npm run bench -- detection-quality`: how well real attacks are detected; needs no servers. */
export function detectionQualityCommand(): Command {
  return new Command('detection-quality')
    .description('how many recorded attacks are detected, and how much is told of ordinary life')
    .option('--data <folder>', 'where the recorded data lies', '../shared/data')
    .option('--json', 'end with the figures as one line of JSON', false)
    .option('--write-docs', `put the tables into ${DOCS}`, false)
    .action(async ({ data, json, writeDocs: writes }: Flags) => {
      const quality = await measureDetectionQuality(data, (line) => void process.stderr.write(`${line}\n`));
      printTable(['measure', 'figure', 'on'], qualityRows(quality));
      printTable(OUTCOME_HEAD, outcomeRows(quality));
      if (writes) await writeDocs(DOCS, quality);
      if (json) process.stdout.write(`${JSON.stringify(figuresLine(quality))}\n`);
    });
}
