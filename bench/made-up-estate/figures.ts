import { percentile, round } from '../statistics';
import type { LifeFigures, TheftFigures } from './measure';
import { THEFTS } from './thefts';

export const ESTATE_HEAD: readonly string[] = [
  'life',
  'days told (high) of 1,000',
  'by',
  ...THEFTS.map(({ title }) => title),
];

/** The table, for a terminal and for the documentation; the last row is all of them. */
export function estateRows(estate: readonly LifeFigures[]): readonly (readonly string[])[] {
  return [...estate.map((life) => rowOf(life)), rowOf(allOf(estate))];
}

/** The one line of JSON that programs read. */
export function estateLine(estate: readonly LifeFigures[]) {
  const { daysTold, daysHigh, credentialDays, uses, lives, thefts } = allOf(estate);
  return {
    bench: 'made-up-estate',
    ...{ lives, uses, credentialDays },
    daysToldPer1000: round((1_000 * daysTold) / credentialDays),
    daysHighPer1000: round((1_000 * daysHigh) / credentialDays),
    thefts: Object.fromEntries(
      thefts.map((theft) => [theft.title, { told: round(theft.told / lives), high: round(theft.high / lives) }]),
    ),
  } as const;
}

function rowOf({
  title,
  lives,
  credentialDays,
  daysTold,
  daysHigh,
  detectors,
  thefts,
}: LifeFigures): readonly string[] {
  const per1000 = (days: number): string => String(Math.round((10_000 * days) / credentialDays) / 10);
  return [
    title,
    daysTold === 0 ? '0' : `${per1000(daysTold)} (${per1000(daysHigh)})`,
    Object.keys(detectors).sort().join(', '),
    ...thefts.map((theft) => shown(theft, lives)),
  ];
}

/** `8 of 8 (8), use 1`: told, grave enough to act alone, and at which of the thief's uses, for half of them. */
function shown({ told, high, untilTold }: TheftFigures, lives: number): string {
  return told === 0 ? `0 of ${lives}` : `${told} of ${lives} (${high}), use ${percentile(untilTold, 0.5)}`;
}

function allOf(estate: readonly LifeFigures[]): LifeFigures {
  const sum = (of: (life: LifeFigures) => number): number => estate.reduce((total, life) => total + of(life), 0);
  return {
    title: 'all',
    lives: sum(({ lives }) => lives),
    credentialDays: sum(({ credentialDays }) => credentialDays),
    uses: sum(({ uses }) => uses),
    daysTold: sum(({ daysTold }) => daysTold),
    daysHigh: sum(({ daysHigh }) => daysHigh),
    detectors: {},
    thefts: THEFTS.map(({ title }, index) => ({
      title,
      told: sum(({ thefts }) => thefts[index]?.told ?? 0),
      high: sum(({ thefts }) => thefts[index]?.high ?? 0),
      untilTold: estate.flatMap(({ thefts }) => thefts[index]?.untilTold ?? []),
    })),
  };
}
