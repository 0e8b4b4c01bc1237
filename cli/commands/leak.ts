import { Command, Option } from 'commander';
import { withoutOurValues } from '../../domain/token-format';
import { readRecords } from '../../recordings/read-records';
import { IncidentError } from '../../domain/errors';
import { SEVERITIES, type Severity } from '../../domain/severity';
import { apiClientOf, apiOption, keyFileOption } from '../api-options';
import { SCANNERS } from '../scanner-findings';

interface ReportFlags {
  readonly scanner: string;
  readonly severity: Severity;
  readonly api: string;
  readonly keyFile: string;
}

export function leakCommand(): Command {
  return new Command('leak').description('What others have found').addCommand(
    new Command('report')
      .description("Hand a scanner's findings to the HTTP API, which answers those that are ours as leaks")
      .argument('<files...>', 'what the scanner wrote, as JSON or JSON lines; - is standard input')
      .addOption(new Option('--scanner <name>', 'which').choices(Object.keys(SCANNERS)).makeOptionMandatory())
      .addOption(new Option('--severity <severity>', 'how grave').choices(SEVERITIES).default('high'))
      .addOption(apiOption())
      .addOption(keyFileOption('responder').makeOptionMandatory())
      .action(report),
  );
}

/** A value goes to the API and nowhere else; whether it is ours is not told. */
async function report(files: readonly string[], { scanner, severity, api, keyFile }: ReportFlags): Promise<void> {
  const client = apiClientOf({ api, keyFile });
  let [sent, unread, refused] = [0, 0, 0];
  for (const file of files) {
    const noJson = (line: number): void =>
      void process.stderr.write(`${withoutOurValues(file)}: line ${line}: no JSON, or one that is cut off\n`);
    for await (const records of readRecords(file, noJson)) {
      for (const record of records) {
        const finding = SCANNERS[scanner]?.(record);
        if (!finding) {
          unread += 1;
          continue;
        }
        const { tokens, type, place } = finding;
        const source = tokens.some((token) => place.includes(token)) ? scanner : place.slice(0, 300);
        let isTaken = false;
        for (const token of tokens) isTaken = (await handIn({ token, type, source, severity })) || isTaken;
        if (isTaken) sent += 1;
        else refused += 1;
      }
    }
  }
  const others = refused > 0 ? `, ${refused} refused` : '';
  process.stdout.write(`${sent} findings reported, ${unread} not understood or redacted${others}\n`);
  if (unread + refused > 0) process.exitCode = 1;

  /** Whether the API took it. */
  async function handIn(found: Parameters<typeof client.reportLeak>[0]): Promise<boolean> {
    try {
      await client.reportLeak(found);
      return true;
    } catch (error) {
      // A word of five letters, or a key of many lines: the others are to be heard all the same.
      if (!(error instanceof IncidentError) || error.code !== 'REQUEST_INVALID') throw error;
      process.stderr.write(`${found.source}: ${error.message}\n`);
      return false;
    }
  }
}
