import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

export interface PublisherTask {
  readonly url: string;
  readonly batches: number;
  /** Events. */
  readonly perSecond: number;
  readonly credentials: number;
  /** The first event's number: see `ordinaryUse`. */
  readonly from: number;
}

/** Milliseconds since the epoch with fractions; the same in every thread. */
export function epochNow(): number {
  return performance.timeOrigin + performance.now();
}

/** Publishes from another thread, each batch when it is due, with a use in some of them that must be decided on. Resolves when all is stored. */
export async function publishEvenly(task: PublisherTask): Promise<void> {
  const worker = new Worker(require.resolve('./publisher'), { workerData: task });
  await once(worker, 'message');
  await worker.terminate();
}

/** How late the decision on a batch is: its tripwire says when the batch was due. */
export function latenessOf(id: string): number | undefined {
  const due = /@([\d.]+)$/.exec(id)?.[1];
  return due === undefined ? undefined : epochNow() - Number(due);
}
