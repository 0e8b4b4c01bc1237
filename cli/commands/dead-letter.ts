import type { NatsConnection } from '@nats-io/transport-node';
import { Command } from 'commander';
import { IncidentError } from '../../domain/errors';
import { parseConfig } from '../../workers/config';
import { keptLetters, replayLetter, type KeptLetter } from '../../workers/detection/replay-dead-letters';
import { connectNats } from '../../workers/nats';

interface Chosen {
  readonly code?: string;
  readonly json: boolean;
}

export function deadLetterCommand(): Command {
  const chosen = (command: Command) =>
    command.option('--code <code>', 'only those with this error code').option('--json', 'a line of JSON each', false);
  return new Command('dead-letter')
    .description('Usage and detections that could not be handled, and were kept. As the NATS user `admin`')
    .addCommand(chosen(new Command('list').description('What is kept, and why, oldest first')).action(list))
    .addCommand(
      new Command('show')
        .description('What one of them holds')
        .argument('<sequence>', 'as `list` shows it')
        .action(show),
    )
    .addCommand(
      chosen(
        new Command('replay')
          .description('Put them back where they came from, once what they failed at is mended')
          .argument('[sequences...]', 'as `list` shows them')
          .option('--all', 'all of them', false),
      ).action(replay),
    );
}

async function list({ code, json }: Chosen): Promise<void> {
  let count = 0;
  await withNats(async (nats) => {
    for await (const letter of keptLetters(nats)) {
      if (code !== undefined && letter.code !== code) continue;
      count += 1;
      const { body: _content, ...shown } = letter;
      say(json ? JSON.stringify(shown) : lineOf(letter));
    }
  });
  if (!json) say(`${count} dead letters`);
}

async function show(sequence: string): Promise<void> {
  const [letter] = await find(({ sequence: number }) => String(number) === sequence);
  if (!letter) throw new IncidentError('DEAD_LETTER_UNKNOWN', { sequence });
  say(lineOf(letter));
  say(letter.body);
}

async function replay(
  sequences: readonly string[],
  { code, all, json }: Chosen & { readonly all: boolean },
  command: Command,
): Promise<void> {
  if (all === sequences.length > 0) command.error('error: name some, or say --all');
  const letters = await find(
    (letter) => (all || sequences.includes(String(letter.sequence))) && (code === undefined || letter.code === code),
  );
  const missing = sequences.find((named) => !letters.some(({ sequence }) => String(sequence) === named));
  if (missing !== undefined) throw new IncidentError('DEAD_LETTER_UNKNOWN', { sequence: missing });
  const cut = letters.filter(({ cutFrom }) => cutFrom !== undefined);
  const whole = letters.filter((letter) => !cut.includes(letter));
  const [first] = cut;
  if (first && !all) throw new IncidentError('DEAD_LETTER_CUT', { subject: first.subject, sequence: first.original });
  await withNats(async (nats) => {
    for (const letter of whole) {
      await replayLetter(nats, letter);
      say(json ? JSON.stringify({ sequence: letter.sequence, subject: letter.subject }) : `replayed ${lineOf(letter)}`);
    }
  });
  if (first) process.stderr.write(`${cut.length} were cut, and stay: see DEAD_LETTER_CUT\n`);
  if (!json) say(`${whole.length} replayed: those that fail again come back`);
}

async function find(is: (letter: KeptLetter) => boolean): Promise<readonly KeptLetter[]> {
  return withNats(async (nats) => {
    const found: KeptLetter[] = [];
    for await (const letter of keptLetters(nats)) if (is(letter)) found.push(letter);
    return found;
  });
}

async function withNats<T>(work: (nats: NatsConnection) => Promise<T>): Promise<T> {
  const nats = await connectNats(parseConfig('deadLetters', process.env), 'cli');
  try {
    return await work(nats);
  } finally {
    await nats.close();
  }
}

function lineOf({ sequence, at, kind, code, reason, subject, cutFrom }: KeptLetter): string {
  const cut = cutFrom === undefined ? '' : ` (cut: it had ${cutFrom} bytes)`;
  return `${sequence}  ${at.toISOString()}  ${kind} of ${subject}: ${reason || code}${cut}`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
