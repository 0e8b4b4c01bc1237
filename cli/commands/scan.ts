import { Command } from 'commander';
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
    .description('Find tokens and API keys of ours in files; ends with 1 when there are any')
    .argument('<places...>', 'files or folders; - is standard input')
    .option('--report', 'report what is found to the HTTP API, which answers it as a leak', false)
    .option('--json', 'one line of JSON for each', false)
    .addOption(apiOption())
    .addOption(keyFileOption('responder'))
    .action(scan);
}

/** Shows where a value is and what it is, and never the value. */
async function scan(places: readonly string[], flags: ScanFlags): Promise<void> {
  const report = flags.report ? reporter(flags) : () => Promise.resolve();
  for (const place of places) {
    for await (const file of filesOf(place)) {
      for await (const found of valuesIn(file)) {
        const { line, shown } = found;
        process.stdout.write(
          `${flags.json ? JSON.stringify({ file, line, value: shown }) : `${file}:${line}: ${shown}`}\n`,
        );
        process.exitCode = 1;
        await report(found);
      }
    }
  }
}

function reporter({ api, keyFile }: ScanFlags) {
  if (keyFile === undefined) throw new Error('--report needs --key-file');
  const client = apiClientOf({ api, keyFile });
  return ({ value, file, line }: FoundValue) =>
    client.reportLeak({
      token: value,
      type: 'tourniquet-scan',
      source: `tourniquet scan: ${file}:${line}`.slice(0, 300),
    });
}
