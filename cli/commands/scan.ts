import { Command } from 'commander';
import { IncidentError } from '../../domain/errors';
import { withoutOurValues } from '../../domain/token-format';
import { apiClientOf, apiOption, keyFileOption } from '../api-options';
import { filesOf, valuesIn, type FoundValue } from '../scan-files';

interface ScanFlags {
  readonly report: boolean;
  readonly json: boolean;
  readonly api: string;
  readonly keyFile?: string;
}

export function scanCommand(): Command {
  return new Command('scan')
    .description(
      'Find tokens and API keys of ours in files (of a git repository what is checked out: pipe `git log -p --all` to - for what it held before); ends with 1 when there are any, with 2 when a place could not be read',
    )
    .argument('<places...>', 'files or folders; - is standard input')
    .option('--report', 'report what is found to the HTTP API, which answers it as a leak', false)
    .option('--json', 'one line of JSON for each', false)
    .addOption(apiOption())
    .addOption(keyFileOption('responder'))
    .action(scan);
}

/** Shows where a value is and what it is, and never the value. */
async function scan(places: readonly string[], flags: ScanFlags, command: Command): Promise<void> {
  const report = flags.report ? reporter(flags, command) : () => Promise.resolve();
  let isComplete = true;
  for (const place of places) {
    await goOn(async () => {
      for await (const file of filesOf(place)) await goOn(() => search(file));
    });
  }
  if (!isComplete) process.exitCode = 2;

  async function search(file: string): Promise<void> {
    // A file may be called by one.
    const place = withoutOurValues(file);
    for await (const found of valuesIn(file)) {
      const { line, shown } = found;
      process.stdout.write(
        `${flags.json ? JSON.stringify({ file: place, line, value: shown }) : `${place}:${line}: ${shown}`}\n`,
      );
      process.exitCode = 1;
      await report({ ...found, file: place });
    }
  }

  /** One that can't be read hides none of the others. */
  async function goOn(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof IncidentError) || error.code !== 'SCAN_PLACE_UNREADABLE') throw error;
      process.stderr.write(`${error.message}\n`);
      isComplete = false;
    }
  }
}

function reporter({ api, keyFile }: ScanFlags, command: Command) {
  if (keyFile === undefined) command.error('error: --report needs --key-file');
  const client = apiClientOf({ api, keyFile });
  return ({ value, file, line }: FoundValue) =>
    client.reportLeak({
      token: value,
      type: 'tourniquet-scan',
      source: `tourniquet scan: ${file}:${line}`.slice(0, 300),
    });
}
