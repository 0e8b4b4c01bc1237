import type { DeliveredNotice, World } from '../world/world';

/** What asked people to do something, and reached at least one audience. */
export function pagesOf(world: World): readonly DeliveredNotice[] {
  return world.told.filter(({ kind }) => kind === 'person-needed' || kind === 'unresolved');
}

/** That the record can not be closed says nothing of how it stands. */
const OF_THE_RECORD = /close the audit trail/;

/** The last that was said of how it stands. What was said before, and reaches one more audience after it, is not. */
export function lastWordOf({ told }: World): DeliveredNotice | undefined {
  const isNews = ({ summary }: DeliveredNotice, place: number): boolean =>
    told.findIndex((one) => one.summary === summary) === place;
  return told.filter(isNews).findLast(({ kind, summary }) => kind !== 'contained' && !OF_THE_RECORD.test(summary));
}
