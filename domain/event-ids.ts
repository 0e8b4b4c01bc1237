/** Ids of events that a detection, or all evidence against a subject, names. */
export const MOST_EVENT_IDS = 16;

/**
 * Both as one, each id once, where it came first. Of more than `most` those stay that `kept` names (fewer than `most`), the first, with which it
 * began, and the latest.
 */
export function joinEventIds(
  known: readonly string[],
  added: readonly string[],
  most = MOST_EVENT_IDS,
  kept: readonly string[] = [],
): readonly string[] {
  const all = [...new Set([...known, ...added])];
  if (all.length <= most) return all;
  const staying = new Set(all.filter((id, index) => index === 0 || kept.includes(id)));
  for (const id of all.toReversed()) if (staying.size < most) staying.add(id);
  return all.filter((id) => staying.has(id));
}

/** An id as it is shown: the source of an event gives it, and some take it from a client. */
export function shownEventId(id: string): string {
  return id.replace(/[^\w./:@+=,-]/g, '');
}
