/** What detectors keep of a few names that clients choose: an entry each, in arrays, since a client's text is no name of a field. */

/** The entry of that name. By index: every use comes by here several times. */
export function entryOf<T extends readonly [name: string, ...unknown[]]>(
  entries: readonly T[],
  name: string,
): T | undefined {
  for (let index = 0; index < entries.length; index++) if (entries[index]?.[0] === name) return entries[index];
  return undefined;
}

/** Puts an entry last: where the first makes room, this one was used now. */
export function moveToEnd<T>(entries: T[], entry: T): void {
  const last = entries.length - 1;
  const from = entries.indexOf(entry);
  if (from === -1 || from === last) return;
  // `copyWithin` takes four times as long, for an entry or thirty.
  for (let index = from; index < last; index++) entries[index] = entries[index + 1] ?? entry;
  entries[last] = entry;
}
