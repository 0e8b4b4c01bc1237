import { availableParallelism } from 'node:os';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { FaultRun, summaryOf } from './fault-run';
import { parseOptions } from './run-options';
import { runOneCase } from './run-one-case';
import type { UnitResult, Violation } from './unit-result';

const EXAMPLES = 3;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** `npm run test:faults`: exit code 0 only when nothing was violated. */
async function main(): Promise<void> {
  // A lane that was stuck is taken down with calls under way; gRPC throws out of a timer when one of them is tried again.
  process.on('uncaughtException', (error) => {
    if (error.message !== 'Channel has been shut down') throw error;
  });
  // Failed workflow tasks and lost attempts are what this is about: no news.
  Runtime.install({
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { filter: 'off', forward: {} } },
    // A signal ends the run, and not its workers only.
    shutdownSignals: [],
  });
  const options = parseOptions(process.argv.slice(2));
  const results =
    options.case === undefined
      ? await FaultRun.run(options, availableParallelism(), say)
      : [await runOneCase(options.case, say)];
  report(results);
  say(summaryOf(results));
  process.exitCode = results.some(({ violations }) => violations.length > 0) ? 1 : 0;
  // The last worker shuts it down; where every case was done before, there was none, and it would keep the process.
  await Runtime.instance().shutdown();
}

/** What was violated, most often first, each with cases that can be run alone. */
function report(results: readonly UnitResult[]): void {
  const groups = new Map<string, Violation[]>();
  for (const violation of results.flatMap(({ violations }) => violations)) {
    const title = firstLine(violation.what);
    groups.set(title, [...(groups.get(title) ?? []), violation]);
  }
  for (const [title, violations] of [...groups].sort((a, b) => b[1].length - a[1].length)) {
    say(`${violations.length} × ${title}`);
    for (const { case: name } of violations.slice(0, EXAMPLES)) say(`    --case '${name}'`);
  }
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

void main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 2;
});
