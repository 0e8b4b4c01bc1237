/** What a declared call may name in braces, such as `{principal}`. */
export type Values = Readonly<Record<string, string | readonly string[]>>;

/** `{name}`, or `{name|base64}`. */
const PLACE = /\{(\w+)(?:\|(base64))?\}/g;

/** The names that stand in braces, wherever in a declared call. */
export function namesIn(template: unknown): readonly string[] {
  if (typeof template === 'string') return [...template.matchAll(PLACE)].map(([, name = '']) => name);
  if (typeof template !== 'object' || template === null) return [];
  return Object.values(template).flatMap(namesIn);
}

/** A text with its values, each passed through `as`. A list is joined by spaces, as OAuth does. */
export function fill(template: string, values: Values, as: (value: string) => string = (value) => value): string {
  return template.replace(PLACE, (_place, name: string, filter?: string) => {
    const value = values[name] ?? '';
    const text = typeof value === 'string' ? value : value.join(' ');
    return as(filter === 'base64' ? Buffer.from(text).toString('base64') : text);
  });
}

/** A body with its values. Where a text is one place and nothing else, a list stays a list. */
export function fillBody(template: unknown, values: Values): unknown {
  if (typeof template === 'string') {
    const only = /^\{(\w+)\}$/.exec(template)?.[1];
    return (only === undefined ? undefined : values[only]) ?? fill(template, values);
  }
  if (Array.isArray(template)) return template.map((item) => fillBody(item, values));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([name, item]) => [name, fillBody(item, values)]));
}

/** What a JSON Pointer (RFC 6901) points at; undefined where there is nothing. */
export function at(pointer: string, value: unknown): unknown {
  const steps = pointer.split('/').slice(1);
  return steps.reduce<unknown>((inner, step) => {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    return typeof inner === 'object' && inner !== null && Object.hasOwn(inner, name)
      ? (inner as Readonly<Record<string, unknown>>)[name]
      : undefined;
  }, value);
}
