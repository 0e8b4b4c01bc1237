/** Ids of events that a detection, or all evidence against a subject, names: in the order in which they came, the latest last. */
export const MOST_EVENT_IDS = 16;

/** Both as one, each id once, where it came last. Of more than `most` the first stays, with which it began, and the latest. */
export function joinEventIds(
  known: readonly string[],
  added: readonly string[],
  most = MOST_EVENT_IDS,
): readonly string[] {
  const all = [...known.filter((id) => !added.includes(id)), ...added];
  return all.length <= most ? all : [...all.slice(0, 1), ...all.slice(all.length - most + 1)];
}

/** An id as it is shown: the source of an event gives it, and some take it from a client. */
export function shownEventId(id: string): string {
  return id.replace(/[^\w./:@+=,-]/g, '');
}
