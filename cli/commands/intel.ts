import { Command, Option } from 'commander';
import { IncidentError } from '../../domain/errors';
import { fetchList, readUnnamed } from '../../intel/fetch-list';
import { INTEL_FORMAT_NAMES, type IntelFormatName } from '../../intel/formats/registry';
import { isListAddress } from '../../intel/list-source';
import { lastRefresh, refreshNow, type LastRefresh } from '../intel-reports';
import { renderLists } from '../render-lists';
import { withSession } from '../session';
import { resolve } from 'node:path';

interface CheckFlags {
  readonly format?: IntelFormatName | 'taxii';
  readonly json: boolean;
}

/** As many as a person looks at. */
const SHOWN = 5;

export function intelCommand(): Command {
  const json = (command: Command) => command.option('--json', 'for programs', false);
  return new Command('intel')
    .description('Lists of hostile, harmless or familiar addresses')
    .addCommand(
      json(
        new Command('check')
          .description('Say what is in a list, without putting it in force; needs no server and no settings')
          .argument('<list>', 'a file, or an https:// URL; of a TAXII server the address of a collection')
          .addOption(
            new Option('--format <format>', 'how it is written; of a file it is guessed').choices([
              ...INTEL_FORMAT_NAMES,
              'taxii',
            ]),
          ),
      ).action(check),
    )
    .addCommand(
      json(new Command('list').description('The lists in force: how old, until when, how many networks')).action(
        (flags: CheckFlags) => withSession(async ({ client }) => tell(await lastRefresh(client), flags)),
      ),
    )
    .addCommand(
      json(new Command('refresh').description('Fetch all lists now, and say what came of it')).action(
        (flags: CheckFlags) => withSession(async ({ client }) => tell(await refreshNow(client), flags)),
      ),
    );
}

async function check(named: string, { format, json }: CheckFlags, command: Command): Promise<void> {
  const now = Date.now();
  const isUrl = /^[a-z]+:\/\//i.test(named);
  if (isUrl && !isListAddress(named)) command.error('error: only https:// URLs, and http:// ones on loopback');
  if (isUrl && !format) command.error('error: say with --format how it is written');
  const from = isUrl ? named : resolve(named);
  const list = format
    ? await fetchList({ from, format }, { now, signal: new AbortController().signal })
    : await readUnnamed(from, now);
  if (list === 'unchanged') throw new IncidentError('INTEL_LIST_UNREACHABLE', { fault: 'no content' });
  const { networks, leftOut } = list;
  const first = [...take(networks.networks(), SHOWN)];
  const told = { format: 'format' in list ? list.format : format, networks: networks.size, leftOut, first };
  const lines = [
    `${told.format}: ${networks.size} networks`,
    ...Object.entries(leftOut).map(([reason, count]) => `  left out, ${reason}: ${count}`),
    ...first.map((network) => `  ${network}`),
    ...(networks.size > SHOWN ? ['  …'] : []),
  ];
  process.stdout.write(`${json ? JSON.stringify(told) : lines.join('\n')}\n`);
}

function tell(refresh: LastRefresh | undefined, { json }: CheckFlags): void {
  if (!refresh) {
    process.stderr.write('No refresh has ended yet.\n');
    process.exitCode = 1;
    return;
  }
  if (json) process.stdout.write(`${JSON.stringify(refresh)}\n`);
  else process.stdout.write(`${renderLists(refresh.lists)}\nrefreshed ${refresh.at.toISOString()}\n`);
  if (refresh.lists.some(({ fault }) => fault)) process.exitCode = 1;
}

function* take<T>(items: Iterable<T>, most: number): Generator<T> {
  let count = 0;
  for (const item of items) {
    if (count++ >= most) return;
    yield item;
  }
}
