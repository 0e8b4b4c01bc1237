import { once } from 'node:events';
import Table from 'cli-table3';
import { Command, Option } from 'commander';
import type { DetectionLine } from '../../backtest/detection-line';
import { runBacktest, type BacktestResult } from '../../backtest/run-backtest';
import { readIntel } from '../../backtest/read-intel';
import { scoreSeries } from '../../backtest/score-series';
import { SOURCE_NAMES, type Source } from '../../detectors/sources/registry';
import { shownEventId } from '../../domain/event-ids';
import { riskOf } from '../../domain/policy';
import { SEVERITIES, type Severity } from '../../domain/severity';
import { shortSubject } from '../../domain/subject';
import { readPolicy } from '../../workers/policy-file';
import { repeatableOption } from '../repeatable-option';
import { rulesOf, rulesOption } from '../rules-option';
import { endWithReader } from '../end-with-reader';

interface BacktestFlags {
  readonly source: Source | typeof SERIES;
  readonly learn: readonly string[];
  readonly rules: readonly string[];
  readonly intel: readonly string[];
  readonly harmless: readonly string[];
  readonly familiar: readonly string[];
  readonly from?: Severity;
  readonly countries?: string;
  readonly policy?: string;
  readonly json: boolean;
}

/** No record of use: numbers, each scored by those before it. */
const SERIES = 'series';
const NOT_FOR_SERIES = ['rules', 'countries', 'intel', 'harmless', 'familiar', 'from', 'policy'] as const;

export function backtestCommand(): Command {
  return new Command('backtest')
    .description('Say what the detectors would have found in recorded use; needs no server and no settings')
    .argument(
      '[files...]',
      'JSON lines, a JSON array or {"Records":[…]}; for series CSV of timestamp,value; gzipped or not; - is standard input',
    )
    .addOption(
      new Option('--source <source>', 'what wrote the records')
        .choices([...SOURCE_NAMES, SERIES])
        .default('cloudtrail'),
    )
    .option(
      '--learn <file...>',
      'files to learn from first, of which nothing is said; where no other file is named, the last one is judged',
      [],
    )
    .addOption(rulesOption())
    .option('--countries <file>', 'an MMDB database of countries, in place of the one in the package')
    .addOption(
      repeatableOption(
        '--intel <file>',
        'a list of hostile addresses, of any format that `tourniquet intel check` reads',
      ),
    )
    .addOption(
      repeatableOption('--harmless <file>', 'a list of addresses that are not hostile, whatever other lists say'),
    )
    .addOption(repeatableOption('--familiar <file>', 'a list of places that are no news, such as your VPN and offices'))
    .addOption(
      new Option('--from <severity>', 'tell detections from this on (default: what starts an incident)').choices(
        SEVERITIES,
      ),
    )
    .option('--policy <file>', 'a policy: its thresholds (`risk`), and what starts an incident by it')
    .option('--json', 'one JSON line for each detection, and one for the summary', false)
    .action(backtest);
}

async function backtest(named: readonly string[], flags: BacktestFlags, command: Command): Promise<void> {
  const { files, learn } = filesOf(named, flags.learn);
  if (files.length === 0) command.error('error: name at least one file to judge');
  endWithReader();
  const { source, countries } = flags;
  if (source === SERIES) {
    const others = NOT_FOR_SERIES.filter((name) => command.getOptionValueSource(name) === 'cli');
    if (others.length > 0) command.error(`error: a series takes no --${others.join(', no --')}: it is numbers alone`);
    return printSeries(files, learn);
  }
  const lines: DetectionLine[] = [];
  const tell = (line: DetectionLine): void =>
    void (flags.json ? process.stdout.write(`${JSON.stringify(line)}\n`) : lines.push(line));
  const rules = rulesOf(flags.rules);
  const { policy } = readPolicy(flags.policy);
  const { from = policy.incidentFrom } = flags;
  const { intel: hostile, harmless, familiar } = flags;
  const isListed = hostile.length + harmless.length + familiar.length > 0;
  const lists = isListed ? await readIntel({ hostile, harmless, familiar }) : undefined;
  for (const { file, reason, count } of lists?.leftOut ?? [])
    process.stderr.write(`${file}: left out, ${reason}: ${count}\n`);
  const result = await runBacktest(
    { source, files, rules, learn, ...(lists ? { intel: lists } : {}), from, risk: riskOf(policy), countries },
    tell,
  );
  tellStale(result);
  for (const fault of result.faults) process.stderr.write(`malformed: ${fault}\n`);
  for (const { code, detector, event, cause } of result.failures)
    process.stderr.write(`${code}: ${detector} threw ${cause} at ${shownEventId(event.id)}\n`);
  process.stdout.write(`${flags.json ? JSON.stringify(result.summary) : render(lines, result)}\n`);
  if (result.failures.length > 0) process.exitCode = 1;
}

/** With --json or without: rows are for programs. */
async function printSeries(files: readonly string[], learn: readonly string[]): Promise<void> {
  for await (const rows of scoreSeries(files, learn)) {
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    if (!process.stdout.write(text)) await once(process.stdout, 'drain');
  }
}

/** `--learn a b` takes all names that follow: without any other, the last was meant to be judged. */
function filesOf(named: readonly string[], learn: readonly string[]) {
  if (named.length > 0 || learn.length < 2) return { files: named, learn };
  return { files: learn.slice(-1), learn: learn.slice(0, -1) };
}

/** Little is said of such events, so a result that rests on them must not look like a good one. */
function tellStale({ summary: { stale, events }, staleAfter }: BacktestResult): void {
  if (!staleAfter) return;
  const { eventId, at } = staleAfter;
  process.stderr.write(
    `${stale} of ${events} events are more than an hour older than what was learnt of their credential, and judged by facts only: ` +
      `see event ${shownEventId(eventId)} of ${new Date(at).toISOString()} in what was learnt\n`,
  );
}

function render(lines: readonly DetectionLine[], { summary }: BacktestResult): string {
  const table = new Table({
    head: ['at', 'severity', 'confidence', 'detector', 'credential', 'event', 'why'],
    style: { head: [], border: [] },
  });
  for (const { at, severity, confidence, detector, credential, eventId, reason } of lines)
    table.push([at, severity, confidence, detector, shortSubject(credential), shownEventId(eventId), reason]);
  const { events, records, ignored, malformed, credentials, detections, incidents, alertsPer1000 } = summary;
  const counts =
    `${records} records (${ignored} ignored, ${malformed} malformed), ${events} events of ${credentials} credentials: ` +
    `${detections} detections of ${incidents} incidents, ${alertsPer1000} in a thousand events`;
  return lines.length === 0 ? counts : `${table.toString()}\n${counts}`;
}
