/** A log record as parsed JSON. */
export type LogRecord = Readonly<Record<string, unknown>>;

/** How deep and how much of a record is looked at: records are chosen by others. As long as a policy may be for IAM, which does not count its blanks. */
const LIMITS = { depth: 20, texts: 5_000, length: 131_072 } as const;

/**
 * All values of a field: its own name first, which may hold dots (`additionalEventData.MFAUsed`), then step by step into objects. Where an
 * array is on the way, any of its elements counts. Empty when the record has no such field.
 */
export function valuesOf(record: unknown, field: string): readonly unknown[] {
  if (typeof record !== 'object' || record === null) return [];
  if (Array.isArray(record)) return flat(record).flatMap((item) => valuesOf(item, field));
  const object = record as LogRecord;
  if (Object.hasOwn(object, field)) return flat(object[field]);
  for (let dot = field.indexOf('.'); dot > 0; dot = field.indexOf('.', dot + 1)) {
    const head = field.slice(0, dot);
    if (!Object.hasOwn(object, head)) continue;
    const found = valuesOf(object[head], field.slice(dot + 1));
    if (found.length > 0) return found;
  }
  return [];
}

/** Whether a record has a field, by the same ways as `valuesOf`: presence alone, so null and an empty array count. */
export function hasField(record: unknown, field: string): boolean {
  if (typeof record !== 'object' || record === null) return false;
  if (Array.isArray(record)) return flat(record).some((item) => hasField(item, field));
  const object = record as LogRecord;
  if (Object.hasOwn(object, field)) return true;
  for (let dot = field.indexOf('.'); dot > 0; dot = field.indexOf('.', dot + 1)) {
    const head = field.slice(0, dot);
    if (Object.hasOwn(object, head) && hasField(object[head], field.slice(dot + 1))) return true;
  }
  return false;
}

/** A value as text, cut to a length; undefined for what has none (objects, null). */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.length > LIMITS.length ? value.slice(0, LIMITS.length) : value;
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
    ? String(value)
    : undefined;
}

/** Every text in a record, for rules that look for keywords. */
export function textsOf(record: unknown): readonly string[] {
  const texts: string[] = [];
  const collect = (value: unknown, depth: number): void => {
    if (texts.length >= LIMITS.texts || depth > LIMITS.depth) return;
    const text = textOf(value);
    if (text !== undefined) texts.push(text);
    else if (typeof value === 'object' && value !== null)
      for (const item of Object.values(value)) collect(item, depth + 1);
  };
  collect(record, 0);
  return texts;
}

/** The elements of arrays in arrays; what lies deeper than any real record is left out, or it would be deeper than the stack. */
function flat(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.flat(LIMITS.depth).filter((item) => !Array.isArray(item)) : [value];
}
