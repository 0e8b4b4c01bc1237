import type { AttemptInfo, CallBook } from './call-book';
import type { Fault, FaultKind } from './fault';
import type { World } from './world/world';
import { failure, type WorldActivities } from './world/world-activity';

/** How an attempt ends, whoever carries it. `silence`: see simulated-activity.ts. */
export type AttemptEnd =
  { readonly answer: unknown } | { readonly error: unknown } | { readonly silence: 'hangs' | 'lost' };

export interface Stage {
  readonly world: World;
  readonly activities: WorldActivities;
  readonly book: CallBook;
  readonly faults: readonly Fault[];
  /** Something the scenario does when a call is first made. */
  readonly onCall: (call: string) => void | Promise<void>;
}

/** An outage of what is tried for ever ends some day: after so many attempts. */
const LONG_OUTAGE_ATTEMPTS = 6;

class CutShort extends Error {}

/** Does one attempt on the world, with the fault that is meant for it. */
export async function performAttempt(
  stage: Stage,
  task: AttemptInfo & { readonly isGivenUp: boolean },
): Promise<AttemptEnd> {
  const { world, book, faults } = stage;
  const { call, attempt } = book.attempt(task);
  if (attempt === 1) await stage.onCall(call);
  const last = task.isGivenUp ? Infinity : LONG_OUTAGE_ATTEMPTS;
  const kind = faults.find((fault) => fault.call === call && attempt <= (fault.lasts ? last : 1))?.kind;
  const pagesBefore = world.told.length;
  const end = act(stage, task, kind);
  for (const page of world.told.slice(pagesBefore)) await world.setting.onPage(page);
  return end;
}

function act({ activities }: Stage, { activityType, argument }: AttemptInfo, kind: FaultKind | undefined): AttemptEnd {
  if (kind === 'refused') return { error: failure('PROVIDER_REFUSED', true) };
  if (kind?.endsWith('-before')) return endOf(kind);
  const cut = (): void => {
    if (kind) throw new CutShort();
  };
  try {
    const activity = (activities as Record<string, ((input: never, cut: () => void) => unknown) | undefined>)[
      activityType
    ];
    if (!activity) return { error: failure('INTERNAL', true) };
    const answer = activity(argument as never, cut);
    return kind ? endOf(kind) : { answer };
  } catch (error) {
    if (error instanceof CutShort && kind) return endOf(kind);
    return kind && kind !== 'fails-after' ? endOf(kind) : { error };
  }
}

function endOf(kind: FaultKind): AttemptEnd {
  if (kind.startsWith('fails')) return { error: failure('PROVIDER_UNAVAILABLE', false) };
  return { silence: kind.startsWith('worker-lost') ? 'lost' : 'hangs' };
}
