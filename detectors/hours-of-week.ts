import type { Row } from './rows';

/** In how many weeks each slot of two hours of the week was used, 0 to 3, which is many: two bits for each slot, fourteen slots a number. */
export type HoursOfWeek = Row;

export const SLOT_MS = 7_200_000;
export const SLOTS_OF_WEEK = 84;

const SLOTS_OF_NUMBER = 14;

export const NO_HOURS: readonly number[] = [0, 0, 0, 0, 0, 0];

const MANY = 3;

/** The slot that a time lies in, counted from 1970: every 84th is the same of the week. */
export function slotOf(at: number): number {
  return Math.floor(at / SLOT_MS);
}

/** Weeks in which the slot or one beside it was used, added up: clocks are put forward and back, and people stay late. */
export function weeksAround(hours: HoursOfWeek, slot: number): number {
  return weeksOf(hours, slot - 1) + weeksOf(hours, slot) + weeksOf(hours, slot + 1);
}

/** Counts one more week in which the slot was used. */
export function addWeek(hours: HoursOfWeek, slot: number): void {
  if (weeksOf(hours, slot) < MANY) hours.add(placeOf(slot), 1 << shiftOf(slot));
}

/** Takes one week from each slot. */
export function fade(hours: HoursOfWeek): void {
  for (let slot = 0; slot < SLOTS_OF_WEEK; slot++)
    if (weeksOf(hours, slot) > 0) hours.add(placeOf(slot), -(1 << shiftOf(slot)));
}

function weeksOf(hours: HoursOfWeek, slot: number): number {
  return (hours.get(placeOf(slot)) >> shiftOf(slot)) & MANY;
}

function placeOf(slot: number): number {
  return Math.floor((slot % SLOTS_OF_WEEK) / SLOTS_OF_NUMBER);
}

function shiftOf(slot: number): number {
  return 2 * (slot % SLOTS_OF_NUMBER);
}
