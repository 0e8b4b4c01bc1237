import type { Client } from '@temporalio/client';
import { incident } from '../../client';
import { IncidentError } from '../../domain/errors';
import type { IncidentView } from '../../workflows/messages';

/** Often enough to feel live; a query costs the worker a task, so not more often. */
const POLL_MS = 400;

/** Follows one incident until it is over (by default: closed) or `deadline` is; tells each new line of its timeline. */
export async function followIncident(
  client: Client,
  id: string,
  deadline: number,
  tell: (at: number, line: string) => void,
  {
    signal = new AbortController().signal,
    isOver = isClosed,
  }: { readonly signal?: AbortSignal; readonly isOver?: (view: IncidentView) => boolean } = {},
): Promise<IncidentView | undefined> {
  let shown = 0;
  let view: IncidentView | undefined;
  while (Date.now() < deadline && !signal.aborted && !(view && isOver(view))) {
    view = (await readState(client, id)) ?? view;
    const timeline = view?.incident.timeline ?? [];
    for (const entry of timeline.slice(shown)) tell(entry.at, entry.note);
    shown = timeline.length;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return view;
}

function isClosed({ incident }: IncidentView): boolean {
  return incident.stage === 'closed';
}

async function readState(client: Client, id: string): Promise<IncidentView | undefined> {
  try {
    return await incident(client, id).state();
  } catch (error) {
    // Not begun yet, or its worker is between two lives.
    if (error instanceof IncidentError && error.code === 'INCIDENT_UNKNOWN') return undefined;
    return undefined;
  }
}
