import type { DeliveredNotice, World } from '../world/world';

/** What asked people to do something, and reached at least one audience. */
export function pagesOf(world: World): readonly DeliveredNotice[] {
  return world.told.filter(({ kind }) => kind === 'person-needed' || kind === 'unresolved');
}
