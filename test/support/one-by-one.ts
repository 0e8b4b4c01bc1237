import { Queue } from '../../domain/queue';
import type { InTurn } from '../../domain/ports/stores';

/** In this process, as `createInTurn` does it for all. */
export function oneByOne(): InTurn {
  const queue = new Queue();
  return (_name, work) => queue.run(work);
}
