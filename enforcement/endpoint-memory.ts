import type { InventoryRecord, KnownContext } from '../domain/credential';
import { compileContexts, type ContextMatcher } from '../domain/known-context';
import type { Subject } from '../domain/subject';

/** What one known context of one subject used to call. `wide`: so much that one more says nothing. */
export type Habit = ReadonlySet<string> | 'wide';

/** Which endpoints registered subjects use from their known contexts, while they are free: the only ones a lane lets them go on with. */
export interface EndpointMemory {
  /** Notes an accepted use of what has known contexts. Two map look-ups, and one entry in a set when the endpoint is new. */
  learn(record: InventoryRecord, address: string, endpoint: string, now: number): void;
  /** Undefined when too little was seen to say what is new. */
  recall(subject: Subject, context: string, now: number): Habit | undefined;
}

export const MEMORY_LIMITS = {
  /** About a megabyte for each thousand that use twenty endpoints; the longest unused goes first. */
  subjects: 5_000,
  endpoints: 64,
  /** Addresses of one subject whose context is remembered, so that networks are not matched anew. */
  addresses: 256,
  /** Fewer uses say too little: a gateway that has just started must not take a service's second endpoint for an attack. */
  uses: 20,
  /** How exact "longest unused" is: moving a subject to the end at every request would cost more than the look-up. */
  touchMs: 60_000,
} as const;

interface ContextHabit {
  uses: number;
  wide: boolean;
  readonly endpoints: Set<string>;
}

interface Remembered {
  contexts: readonly KnownContext[];
  match: ContextMatcher;
  touchedAt: number;
  /** `undefined` as a value: the address lies in no context. */
  readonly byAddress: Map<string, ContextHabit | undefined>;
  readonly byContext: Map<string, ContextHabit>;
}

export function createEndpointMemory(): EndpointMemory {
  const subjects = new Map<Subject, Remembered>();

  function rememberedOf({ subject, knownContexts }: InventoryRecord, now: number): Remembered {
    const known = subjects.get(subject);
    if (known?.contexts === knownContexts) return known;
    const remembered: Remembered = {
      contexts: knownContexts,
      match: compileContexts(knownContexts),
      touchedAt: now,
      byAddress: new Map(),
      byContext: known?.byContext ?? new Map<string, ContextHabit>(),
    };
    if (!known) makeRoom();
    subjects.set(subject, remembered);
    return remembered;
  }

  function makeRoom(): void {
    const oldest = subjects.keys().next();
    if (subjects.size >= MEMORY_LIMITS.subjects && !oldest.done) subjects.delete(oldest.value);
  }

  function touch(subject: Subject, remembered: Remembered, now: number): void {
    if (now - remembered.touchedAt < MEMORY_LIMITS.touchMs) return;
    remembered.touchedAt = now;
    subjects.delete(subject);
    subjects.set(subject, remembered);
  }

  return {
    learn(record, address, endpoint, now) {
      const remembered = rememberedOf(record, now);
      touch(record.subject, remembered, now);
      const habit = habitAt(remembered, address);
      if (!habit) return;
      habit.uses += 1;
      if (habit.wide || habit.endpoints.has(endpoint)) return;
      if (habit.endpoints.size < MEMORY_LIMITS.endpoints) habit.endpoints.add(endpoint);
      else widen(habit);
    },

    recall(subject, context, now) {
      const remembered = subjects.get(subject);
      if (!remembered) return undefined;
      touch(subject, remembered, now);
      const habit = remembered.byContext.get(context);
      if (!habit || habit.uses < MEMORY_LIMITS.uses) return undefined;
      return habit.wide ? 'wide' : habit.endpoints;
    },
  };
}

function habitAt(remembered: Remembered, address: string): ContextHabit | undefined {
  const { byAddress, byContext } = remembered;
  const known = byAddress.get(address);
  if (known || byAddress.has(address)) return known;
  const context = remembered.match(address);
  const habit = context && (byContext.get(context.id) ?? { uses: 0, wide: false, endpoints: new Set<string>() });
  if (context && habit) byContext.set(context.id, habit);
  if (byAddress.size >= MEMORY_LIMITS.addresses) byAddress.clear();
  byAddress.set(address, habit);
  return habit;
}

function widen(habit: ContextHabit): void {
  habit.wide = true;
  habit.endpoints.clear();
}
