import { stopOnce } from '../once-a-run';

/** Jest's global tear-down of the projects "integration" and "browser". */
export default async function stopAfterRun(): Promise<void> {
  await stopOnce('integration-stack');
}
