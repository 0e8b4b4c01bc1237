import { Command, Option } from 'commander';
import { SOURCE_NAMES, type Source } from '../../detectors/sources/registry';
import { apiClientOf, apiOption, keyFileOption } from '../api-options';
import { rulesOf, rulesOption } from '../rules-option';
import { sendUsage } from '../send-usage';

interface SendFlags {
  readonly source: Source;
  readonly rules: readonly string[];
  readonly api: string;
  readonly keyFile: string;
  readonly json: boolean;
}

export function usageCommand(): Command {
  return new Command('usage')
    .description('Hand in use of credentials')
    .addCommand(
      new Command('send')
        .description('Map recorded use and send its events to the HTTP API; doing it again is harmless')
        .argument('<files...>', 'JSON lines, a JSON array or {"Records":[…]}, gzipped or not; - is standard input')
        .addOption(
          new Option('--source <source>', 'what wrote the records').choices(SOURCE_NAMES).makeOptionMandatory(),
        )
        .addOption(rulesOption())
        .addOption(apiOption())
        .addOption(keyFileOption('reporter').makeOptionMandatory())
        .option('--json', 'say what was sent as one line of JSON', false)
        .action(send),
    );
}

async function send(files: readonly string[], { source, rules, api, keyFile, json }: SendFlags): Promise<void> {
  const client = apiClientOf({ api, keyFile });
  const { faults, ...counts } = await sendUsage({
    source,
    files,
    rules: rulesOf(rules),
    send: (events) => client.reportUsage(events),
  });
  for (const fault of faults) process.stderr.write(`malformed: ${fault}\n`);
  const { records, sent, ignored, malformed, withheld } = counts;
  const text = `${records} records: ${sent} events sent, ${ignored} ignored, ${malformed} malformed, ${withheld} withheld`;
  process.stdout.write(`${json ? JSON.stringify({ records, sent, ignored, malformed, withheld }) : text}\n`);
  // What is malformed is not in: whoever watches this must see it.
  if (malformed > 0) process.exitCode = 1;
}
