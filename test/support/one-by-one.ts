import type { InTurn } from '../../domain/ports/stores';

/** In this process, as `createInTurn` does it for all. */
export function oneByOne(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (_name, work) => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
}
