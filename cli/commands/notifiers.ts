import { randomUUID } from 'node:crypto';
import Table from 'cli-table3';
import { Command } from 'commander';
import { contextOutside } from '../../activities/context-outside';
import { signalKeySet } from '../../activities/notifiers/signal-signer';
import { IncidentError } from '../../domain/errors';
import type { RenderedNotice } from '../../domain/ports/notifier';
import { readChannels } from '../../workers/channels';
import { createLog } from '../../workers/log';
import { createNotifiers } from '../../workers/notifiers';
import { readSettings } from '../../workers/settings';
import { readSignalSigner } from '../../workers/signal-signer';

const SEND_WITHIN_MS = 30_000;

interface Options {
  readonly settings: string;
}

export function notifiersCommand(): Command {
  return new Command('notifiers')
    .description('How people and other systems are told')
    .addCommand(
      new Command('try')
        .description(
          'Send a notice that says it is a try to every channel of the settings file, and show which were reached',
        )
        .requiredOption('--settings <file>', 'the settings of the deployment')
        .action(tryAll),
    )
    .addCommand(
      new Command('keys')
        .description('What receivers of `shared-signals` check our signatures with, as a JSON Web Key Set')
        .requiredOption('--settings <file>', 'the settings of the deployment')
        .action(showKeys),
    );
}

async function tryAll({ settings: file }: Options): Promise<void> {
  const settings = readSettings(file);
  const notifiers = createNotifiers(createLog('cli', 'info'), readSignalSigner(settings));
  const audiences = Object.entries(readChannels(settings.audiences, notifiers));
  const id = randomUUID();
  const tried = audiences.flatMap(([audience, channels = []]) =>
    channels.map(async ({ notifier, target }, index) => {
      const dedupeKey = `try/${id}/${audience}/${index}`;
      const context = contextOutside(dedupeKey, AbortSignal.timeout(SEND_WITHIN_MS));
      const sent = notifiers.get(notifier)?.send(target, noticeTo(audience), dedupeKey, context);
      return [audience, notifier, await outcomeOf(sent)];
    }),
  );
  const rows = await Promise.all(tried);
  const table = new Table({ head: ['audience', 'notifier', 'outcome'], style: { head: [], border: [] } });
  table.push(...rows);
  process.stdout.write(`${table.toString()}\n`);
  if (rows.some(([, , outcome]) => outcome !== 'delivered')) process.exitCode = 1;
}

function noticeTo(audience: string): RenderedNotice {
  return {
    title: '[low] Tourniquet tries its channels',
    body: `Somebody ran \`tourniquet notifiers try\`: this is how ${audience} is told. Nothing leaked, and nothing was done.`,
    fields: { audience, kind: 'try', severity: 'low' },
  };
}

/** Of a failure its code and the receiver's answer: no target. */
async function outcomeOf(sent: Promise<void> | undefined): Promise<string> {
  try {
    await sent;
    return 'delivered';
  } catch (error) {
    if (!(error instanceof IncidentError)) throw error;
    const { status } = error.fields;
    return `${error.code}${status === undefined ? ': no answer' : `: it answered ${String(status)}`}`;
  }
}

async function showKeys({ settings }: Options): Promise<void> {
  const signer = readSignalSigner(readSettings(settings));
  if (!signer) throw new IncidentError('CONFIG_INVALID', { faults: [`${settings}: has no sharedSignals`] });
  process.stdout.write(`${JSON.stringify(await signalKeySet(signer), undefined, 2)}\n`);
}
