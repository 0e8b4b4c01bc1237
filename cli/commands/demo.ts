import { Command } from 'commander';
import { renderReport } from '../../drills/demo/render-report';
import { brokenPromises } from '../../drills/demo/report';
import { SceneClosers } from '../../drills/scene-closers';
import { runDemo, type DemoOptions } from '../../drills/demo/run-demo';
import type { CompleteStack } from '../../drills/estate/deploy';
import { codecHints } from '../../stack/local-codec';
import { startLocalStack, type LocalStack } from '../../stack/local-stack';
import { makeNatsRoles } from '../../stack/nats-roles';
import { StackError } from '../../stack/stack-error';
import { stackAddresses } from '../stack-addresses';
import { untilInterrupted } from '../until-interrupted';

interface DemoFlags {
  readonly exit: boolean;
  readonly json: boolean;
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('Bring everything up, play a leak against real services, and show how it is answered')
    .option('--exit', 'end when the report is shown, instead of staying up to look around', false)
    .option('--json', 'end with the report as one line of JSON on standard output', false)
    .action(demo);
}

async function demo(flags: DemoFlags): Promise<void> {
  // With --json standard output carries nothing but the result.
  const tell = (line: string): void => void (flags.json ? process.stderr : process.stdout).write(`${line}\n`);
  const interrupted = untilInterrupted();
  const addresses = stackAddresses(process.env);
  // A NATS server of somebody else has users of its own.
  const natsRoles = addresses.nats === undefined ? makeNatsRoles() : undefined;
  const stack = await startLocalStack({
    addresses,
    report: tell,
    ...(natsRoles ? { natsConfig: natsRoles.serverConfig } : {}),
  });
  const closers = new SceneClosers();
  const played = play({ stack: complete(stack), tell, closers, natsRoles }, flags);
  try {
    const first = await Promise.race([played, interrupted]);
    if (first === 'played' && !flags.exit) {
      tell(`\nEverything stays up. Temporal Web UI: ${stack.temporal?.uiUrl ?? ''}\nCtrl-C ends it.`);
      await interrupted;
    }
    if (first !== 'played') process.exitCode = INTERRUPTED;
  } finally {
    // What is still starting fails when it is closed under it; that is no news.
    played.catch(() => undefined);
    await closers.close();
    await stack.stop();
  }
  // Whatever still waits for something that is gone now must not keep the process.
  process.exit();
}

/** What shells expect of a program that was ended by Ctrl-C. */
const INTERRUPTED = 130;

async function play(options: DemoOptions, flags: DemoFlags): Promise<'played'> {
  const { stack, tell } = options;
  tell(`Temporal Web UI: ${stack.temporal.uiUrl}`);
  for (const hint of codecHints(stack.temporal)) tell(hint);
  const report = await runDemo(options);
  tell(`\n${renderReport(report)}`);
  if (brokenPromises(report).length > 0) process.exitCode = 1;
  if (flags.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  return 'played';
}

function complete(stack: LocalStack): CompleteStack {
  const { directory, temporal, nats, postgres } = stack;
  if (!temporal || !nats || !postgres) throw new StackError('SERVER_NOT_READY', 'A server of the stack is missing.');
  return { directory, temporal, nats, postgres };
}
