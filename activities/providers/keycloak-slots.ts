import { randomBytes } from 'node:crypto';

/**
 * The two secrets that Keycloak takes of a client: its own, and the one that was its own before, until it expires. Which version stands where
 * does not matter: each is let in.
 */
export interface Slots {
  readonly current: string;
  readonly rotated?: string | undefined;
}

/** What stands where no version may: a client that authenticates by a secret always has one. */
const NOBODYS = 'tourniquet-none-';

export function holds({ current, rotated }: Slots, value: string): boolean {
  return current === value || rotated === value;
}

/** Without it; the other stays. */
export function without(slots: Slots, value: string): Slots {
  if (slots.rotated === value) return { current: slots.current };
  if (slots.current !== value) return slots;
  return { current: slots.rotated ?? `${NOBODYS}${randomBytes(32).toString('base64url')}` };
}

/** With a new one, beside the one that was there: that has the place that expires. Undefined where both places are taken. */
export function withNew({ current, rotated }: Slots, value: string): Slots | undefined {
  if (isNobodys(current)) return { current: value, rotated };
  return rotated === undefined ? { current: value, rotated: current } : undefined;
}

/** With one that was there before, in the place that expires. Undefined where both places are taken. */
export function withOld({ current, rotated }: Slots, value: string): Slots | undefined {
  if (isNobodys(current)) return { current: value, rotated };
  return rotated === undefined ? { current, rotated: value } : undefined;
}

function isNobodys(value: string): boolean {
  return value.startsWith(NOBODYS);
}
