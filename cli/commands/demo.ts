import { Command, Option } from 'commander';
import type { SceneOptions } from '../../drills/demo/product';
import { renderReport } from '../../drills/demo/render-report';
import { brokenPromises } from '../../drills/demo/report';
import { runDemo } from '../../drills/demo/run-demo';
import { runReplay } from '../../drills/replay/run-replay';
import { SYSTEM_PROVIDERS } from '../../drills/systems';
import type { ProviderId } from '../../drills/systems/system';
import { readRecording, type Recording } from '../../recordings/read-recording';
import { playScene } from '../play-scene';
import { stackAddresses } from '../stack-addresses';

interface DemoFlags {
  readonly exit: boolean;
  readonly json: boolean;
  readonly replay?: readonly string[];
  readonly provider?: readonly ProviderId[];
}

export function demoCommand(): Command {
  return new Command('demo')
    .description('Bring everything up, play a leak against real services, and show how it is answered')
    .option('--exit', 'end when the report is shown, instead of staying up to look around', false)
    .option('--json', 'end with the report as one line of JSON on standard output', false)
    .option(
      '--replay <file...>',
      'play recorded CloudTrail instead: JSON lines, a JSON array or {"Records":[…]}, gzipped or not',
    )
    .addOption(
      new Option('--provider <name...>', 'play the same story with credentials of other systems')
        .choices(SYSTEM_PROVIDERS)
        .conflicts('replay'),
    )
    .action(demo);
}

async function demo(flags: DemoFlags): Promise<void> {
  // Before anything is started: a file that can't be read is no reason to start servers.
  const recording = flags.replay && (await readRecording(flags.replay));
  await playScene({
    // With --json standard output carries nothing but the result.
    tell: (line) => void (flags.json ? process.stderr : process.stdout).write(`${line}\n`),
    addresses: stackAddresses(process.env),
    staysUp: !flags.exit,
    play: (options) => play(options, flags, recording),
  });
}

async function play(options: SceneOptions, flags: DemoFlags, recording?: Recording): Promise<void> {
  const report = await (recording ? runReplay(options, recording) : runDemo({ ...options, providers: flags.provider }));
  options.tell(`\n${renderReport(report)}`);
  if (brokenPromises(report).length > 0) process.exitCode = 1;
  if (flags.json) process.stdout.write(`${JSON.stringify(report)}\n`);
}
