import { z } from 'zod';
import { jsonOf, ListUnreadable, OTHER_MATTER, REVOKED, type Entry, type IntelFormat } from './format';

/** Types of attributes that hold an address, by which part of the value it is; parts are joined by `|`. */
const ADDRESS_PARTS: ReadonlyMap<string, number> = new Map([
  ['ip-src', 0],
  ['ip-dst', 0],
  ['ip-src|port', 0],
  ['ip-dst|port', 0],
  ['domain|ip', 1],
]);

const attribute = z.object({
  type: z.string(),
  value: z.string(),
  to_ids: z.union([z.boolean(), z.enum(['0', '1'])]).optional(),
  deleted: z.union([z.boolean(), z.enum(['0', '1'])]).optional(),
});
const event = z.object({
  Attribute: z.array(z.unknown()).default([]),
  Object: z.array(z.object({ Attribute: z.array(z.unknown()).default([]) })).default([]),
});
const wrapped = z.object({ Event: event });
/** An event, what a search for events or for attributes answers, and a list of the warning lists. */
const document = z.union([
  wrapped.transform(({ Event }) => ({ events: [Event], plain: [] as string[] })),
  z
    .object({ response: z.array(wrapped) })
    .transform(({ response }) => ({ events: response.map((item) => item.Event), plain: [] as string[] })),
  z.object({ response: event }).transform(({ response }) => ({ events: [response], plain: [] as string[] })),
  z
    .object({ list: z.array(z.string()) })
    .transform(({ list }) => ({ events: [] as z.infer<typeof event>[], plain: list })),
]);

/**
 * MISP JSON: attributes of addresses that are meant for detection (`to_ids`), in events and in their objects; and the warning
 * lists (misp-warninglists), which hold known-good ranges.
 */
export const misp: IntelFormat = { entries };

function* entries(text: string): Generator<Entry> {
  const parsed = document.safeParse(jsonOf(text));
  if (!parsed.success) throw new ListUnreadable('no MISP event, answer or warning list');
  for (const address of parsed.data.plain) yield { address };
  for (const { Attribute, Object: objects } of parsed.data.events) {
    for (const item of Attribute) yield* entriesOf(item);
    for (const object of objects) for (const item of object.Attribute) yield* entriesOf(item);
  }
}

function* entriesOf(item: unknown): Generator<Entry> {
  const parsed = attribute.safeParse(item);
  if (!parsed.success) {
    yield OTHER_MATTER;
    return;
  }
  const { type, value, to_ids: forDetection, deleted } = parsed.data;
  const part = ADDRESS_PARTS.get(type);
  if (part === undefined || !isSet(forDetection)) yield OTHER_MATTER;
  else if (isSet(deleted)) yield REVOKED;
  else yield { address: value.split('|')[part] ?? '' };
}

/** MISP writes booleans as such, or as "0" and "1", by version. */
function isSet(flag: boolean | '0' | '1' | undefined): boolean {
  return flag === true || flag === '1';
}
