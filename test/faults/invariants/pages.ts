import type { DeliveredNotice, World } from '../world/world';

/** What asked people to do something, and reached at least one audience. */
export function pagesOf(world: World): readonly DeliveredNotice[] {
  return world.told.filter(({ kind }) => kind === 'person-needed' || kind === 'unresolved');
}

/** That the record can not be closed says nothing of how it stands. */
const OF_THE_RECORD = /close the audit trail/;

/** The last that anybody heard of how it stands. */
export function lastWordOf(world: World): DeliveredNotice | undefined {
  return world.told.findLast(({ kind, summary }) => kind !== 'contained' && !OF_THE_RECORD.test(summary));
}
