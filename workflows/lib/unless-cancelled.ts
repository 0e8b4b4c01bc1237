import { isCancellation } from '@temporalio/workflow';

/**
 * For what runs beside the story: where it rejects, the whole workflow ends, before it has told anybody; its own end says that it was
 * cancelled.
 */
export async function unlessCancelled(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isCancellation(error)) throw error;
  }
}
