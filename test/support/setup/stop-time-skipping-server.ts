import { stopOnce } from '../once-a-run';

/** Jest's global tear-down of the project "workflows". */
export default async function stopAfterRun(): Promise<void> {
  await stopOnce('time-skipping-server');
}
