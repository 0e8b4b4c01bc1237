import { sleep } from '@temporalio/workflow';

/** For the test of the harness: nobody wants to wait for it. */
export async function waitAMonth(): Promise<string> {
  await sleep('30 days');
  return 'waited';
}
