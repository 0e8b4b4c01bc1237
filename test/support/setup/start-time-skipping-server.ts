import { startOnce } from '../once-a-run';
import { ADDRESS_VARIABLE, startTimeSkippingServer } from '../time-skipping-server';

/** Jest's global set-up of the project "workflows". */
export default async function startForRun(): Promise<void> {
  await startOnce('time-skipping-server', async () => {
    const server = await startTimeSkippingServer((line) => process.stderr.write(`${line}\n`));
    process.env[ADDRESS_VARIABLE] = server.address;
    return server.stop;
  });
}
