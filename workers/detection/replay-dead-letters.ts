import { jetstream, jetstreamManager, type StoredMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { IncidentError } from '../../domain/errors';
import { parseJson } from '../../domain/parse-json';
import { textOfBytes } from '../../domain/text-of-bytes';
import { DEAD_LETTER_HEADERS } from './dead-letter';
import { storedMessages } from './stored-messages';
import { DEAD_LETTERS_STREAM } from './streams';

/** A dead letter as people see it. */
export interface KeptLetter {
  /** By which it is named. */
  readonly sequence: number;
  /** When it became one. */
  readonly at: Date;
  /** `usage`, `detections` or `detector`. */
  readonly kind: string;
  readonly code: string;
  readonly reason: string;
  /** Where it was, and goes back to; and its sequence there. */
  readonly subject: string;
  readonly original: number;
  /** Uses and detections: no secret is in any. */
  readonly body: string;
  /** How many bytes it had, when only its beginning could be kept. */
  readonly cutFrom?: number;
}

/** What the product itself reads. */
const GOES_BACK_TO = /^(?:usage|detections)\.\d+$/;
/** A detector that failed has not seen the use, and all others have: by its own id they would take it for a repetition. */
const AGAIN = '~again';

/** All that are kept, oldest first. Needs the NATS user `admin`. */
export async function* keptLetters(nats: NatsConnection): AsyncGenerator<KeptLetter> {
  for await (const message of storedMessages(nats, DEAD_LETTERS_STREAM, 'deadletter.>')) yield letterOf(message);
}

/**
 * Puts a letter back where it was, and keeps it no longer. Stopped between the two it is there still: sent again within two minutes it is stored once,
 * and later the fold and the dispatcher know what they had. @throws IncidentError DEAD_LETTER_UNKNOWN,
 * DEAD_LETTER_CUT
 */
export async function replayLetter(nats: NatsConnection, letter: KeptLetter): Promise<void> {
  const { sequence, subject, kind, body, cutFrom, original } = letter;
  if (!GOES_BACK_TO.test(subject)) throw new IncidentError('DEAD_LETTER_UNKNOWN', { sequence, subject });
  if (cutFrom !== undefined) throw new IncidentError('DEAD_LETTER_CUT', { subject, sequence: original });
  const content = kind === 'detector' ? renamed(body) : body;
  await jetstream(nats).publish(subject, content, { msgID: `replay:${sequence}` });
  await (await jetstreamManager(nats)).streams.deleteMessage(DEAD_LETTERS_STREAM, sequence, false);
}

function letterOf({ seq, time, subject, header, data }: StoredMsg): KeptLetter {
  const said = (name: keyof typeof DEAD_LETTER_HEADERS): string => header.get(DEAD_LETTER_HEADERS[name]);
  return {
    sequence: seq,
    at: time,
    kind: subject.replace('deadletter.', ''),
    code: said('code'),
    reason: said('reason'),
    subject: said('subject'),
    original: Number(said('sequence')),
    body: textOfBytes(data),
    ...(said('cutFrom') === '' ? {} : { cutFrom: Number(said('cutFrom')) }),
  };
}

function renamed(body: string): string {
  const { events = [] } = (parseJson(body) ?? {}) as { readonly events?: readonly { readonly id: string }[] };
  return JSON.stringify({ events: events.map((event) => ({ ...event, id: `${event.id.slice(0, 190)}${AGAIN}` })) });
}
