import { jetstream, jetstreamManager, type JsMsg } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { sampleUse } from '../../detectors/sample-life';
import { publicIdSubject } from '../../domain/subject';
import type { StreamEvent } from '../../domain/usage-event';
import { consumerName, ensureConsumer, PIN_GROUP, USAGE_STREAM } from '../../workers/detection/streams';

/** The use of a honeytoken: it is refused and told at once. */
export function theft(name: string): readonly StreamEvent[] {
  const [subject, at] = [publicIdSubject('sample', name), Date.now()];
  const use = { ...sampleUse({ afterMs: 0, subject }), at, id: `use-${name}` };
  return [{ kind: 'control', id: `listed-${name}`, at, subject, listed: 'honeytoken' }, use];
}

export const many = (count: number) => Array.from({ length: count }, (_, index) => `stolen-${index}`);

/** The next messages of partition 0, which nobody acknowledges; those it asks to be given again are given first. */
export async function giveToOneWhoDies(
  { url }: { readonly url: string },
  count: number,
  { again = [] }: { again?: readonly number[] } = {},
): Promise<void> {
  const dying = await connect({ servers: url });
  await ensureConsumer(await jetstreamManager(dying), 0);
  const consumer = await jetstream(dying).consumers.get(USAGE_STREAM, consumerName(0));
  const given: JsMsg[] = [];
  for await (const message of await consumer.fetch({ max_messages: count, expires: 1_000, group: PIN_GROUP }))
    given.push(message);
  // Only now: it would be given again to the one that is dying.
  for (const index of again) given[index - 1]?.nak();
  await dying.flush();
  await dying.close();
}
