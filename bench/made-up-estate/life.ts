import type { UsageEvent } from '../../domain/usage-event';
import type { MadeUpUse, World } from './world';

/** A credential's ordinary life, made up: nothing in it is to be told gravely. */
export interface Life {
  /** In any order. */
  readonly uses: readonly UsageEvent[];
  /** What whoever has stolen it knows of it: what its own program calls itself, what it does, and in which country. */
  readonly usual: Pick<MadeUpUse, 'agent' | 'name' | 'session'> & { readonly country: string };
}

export interface KindOfLife {
  readonly title: string;
  /** As many days of it as are asked for. */
  readonly live: (world: World, days: number) => Life;
}

/** Day by day. */
export function eachDay(days: number, usesOf: (day: number) => readonly UsageEvent[]): readonly UsageEvent[] {
  return Array.from({ length: days }, (_, day) => usesOf(day)).flat();
}
