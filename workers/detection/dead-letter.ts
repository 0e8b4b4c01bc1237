import { createHash } from 'node:crypto';
import { jetstream, type JsMsg } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import type { IncidentError } from '../../domain/errors';

/** Headers of a dead letter: why it is one, and where it came from. */
export const DEAD_LETTER_HEADERS = {
  code: 'Tourniquet-Code',
  reason: 'Tourniquet-Reason',
  subject: 'Tourniquet-Subject',
  sequence: 'Tourniquet-Sequence',
  /** Where only its beginning fits into a message: how many bytes it had. */
  cutFrom: 'Tourniquet-Cut-From',
} as const;

/** Of the largest message that NATS takes; the headers are far smaller. */
const HEAD_BYTES = 4096;
const DEFAULT_MAX_PAYLOAD = 1024 * 1024;

export interface DeadLetter {
  /** The kind of message: it goes to `deadletter.<stream>`. */
  readonly stream: string;
  /** The message it was, or was in. */
  readonly message: Pick<JsMsg, 'subject' | 'seq' | 'data'>;
  readonly error: IncidentError;
  /** What to replay, when it is not the whole message; `part` tells several of one message apart. */
  readonly content?: { readonly part: string; readonly body: string };
}

/**
 * Keeps a message that could not be handled, so that it can be replayed. Resolves when the stream has it; giving the same letter again stores it
 * once. Acknowledge or end the original only after this. What NATS would not take with these headers is cut: a letter that can never be kept would stop all that come after it.
 */
export async function publishDeadLetter(nats: NatsConnection, letter: DeadLetter): Promise<void> {
  const { message, error, content } = letter;
  const head = headers();
  head.set(DEAD_LETTER_HEADERS.code, error.code);
  head.set(DEAD_LETTER_HEADERS.reason, oneLine(error.message));
  head.set(DEAD_LETTER_HEADERS.subject, message.subject);
  head.set(DEAD_LETTER_HEADERS.sequence, String(message.seq));
  const body = content ? Buffer.from(content.body) : message.data;
  const room = Math.max(0, (nats.info?.max_payload ?? DEFAULT_MAX_PAYLOAD) - HEAD_BYTES);
  if (body.length > room) head.set(DEAD_LETTER_HEADERS.cutFrom, String(body.length));
  await jetstream(nats).publish(`deadletter.${letter.stream}`, body.subarray(0, room), {
    msgID: `${letter.stream}:${message.seq}:${hashOf(content?.part ?? 'all')}`,
    headers: head,
  });
}

/** A part may have an id of an event's sender in it, which may be anything. */
function hashOf(part: string): string {
  return createHash('sha256').update(part).digest('hex').slice(0, 32);
}

/** A header is one line of printable characters. */
function oneLine(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 500);
}
