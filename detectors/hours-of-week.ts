/**
 * In how many weeks each slot of two hours of the week was used: 0 to 3, which is many. Two slots a hexadecimal digit, so that a week is a
 * text of 42 letters.
 */
export type HoursOfWeek = string;

export const SLOT_MS = 7_200_000;
export const SLOTS_OF_WEEK = 84;

export const NO_HOURS: HoursOfWeek = '0'.repeat(SLOTS_OF_WEEK / 2);

const MANY = 3;

/** The slot that a time lies in, counted from 1970: every 84th is the same of the week. */
export function slotOf(at: number): number {
  return Math.floor(at / SLOT_MS);
}

/** Weeks in which the slot or one beside it was used, added up: clocks are put forward and back, and people stay late. */
export function weeksAround(hours: HoursOfWeek, slot: number): number {
  return weeksOf(hours, slot - 1) + weeksOf(hours, slot) + weeksOf(hours, slot + 1);
}

/** One more week in which the slot was used. */
export function withWeek(hours: HoursOfWeek, slot: number): HoursOfWeek {
  if (weeksOf(hours, slot) === MANY) return hours;
  const index = placeOf(slot);
  const digit = digitAt(hours, index) + (1 << shiftOf(slot));
  return hours.slice(0, index) + digit.toString(16) + hours.slice(index + 1);
}

/** One week less for each slot. */
export function faded(hours: HoursOfWeek): HoursOfWeek {
  return hours.replace(/[^0]/g, (digit) => {
    const weeks = parseInt(digit, 16);
    return (Math.max(0, (weeks & 3) - 1) + 4 * Math.max(0, (weeks >> 2) - 1)).toString(16);
  });
}

function weeksOf(hours: HoursOfWeek, slot: number): number {
  return (digitAt(hours, placeOf(slot)) >> shiftOf(slot)) & 3;
}

function placeOf(slot: number): number {
  return (slot % SLOTS_OF_WEEK) >> 1;
}

function shiftOf(slot: number): number {
  return (slot & 1) << 1;
}

function digitAt(hours: HoursOfWeek, index: number): number {
  return parseInt(hours.charAt(index), 16);
}
