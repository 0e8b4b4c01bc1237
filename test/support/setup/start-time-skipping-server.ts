import { startOnce } from '../once-a-run';
import { SOURCE_VARIABLE } from '../time-skipping-environment';
import { findTimeSkippingServer } from '../time-skipping-server';

/** Jest's global set-up of the project "workflows". */
export default async function startForRun(): Promise<void> {
  await startOnce('time-skipping-server', async () => {
    const { source, stop } = await findTimeSkippingServer((line) => process.stderr.write(`${line}\n`));
    process.env[SOURCE_VARIABLE] = JSON.stringify(source);
    return stop;
  });
}
