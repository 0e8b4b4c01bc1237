import { userInfo } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { createAuditLog } from '../../activities/store/audit-log';
import { createInventory } from '../../activities/store/inventory';
import { renderReport } from '../../drills/demo/render-report';
import { brokenPromises } from '../../drills/demo/report';
import { simulateLeak } from '../../drills/simulate/simulate-leak';
import { readKey } from '../../workers/keys';
import { readPolicy } from '../../workers/policy-file';
import { withSession } from '../session';
import { untilInterrupted } from '../until-interrupted';

interface SimulateFlags {
  readonly yes: boolean;
  readonly json: boolean;
  readonly timeoutSeconds: number;
}

export function simulateCommand(): Command {
  return new Command('simulate')
    .description('Play a harmless leak of a credential of yours: no attack, but the real response, marked SIMULATED')
    .argument(
      '<credential>',
      'the credential to pretend has leaked; its newest live version is replaced and revoked for real',
    )
    .option('--yes', 'yes, replace and revoke it for real', false)
    .option('--json', 'end with the report as one line of JSON on standard output', false)
    .option('--timeout-seconds <n>', 'how long to wait for the end; the incident goes on in any case', seconds, 300)
    .action(simulate);
}

async function simulate(credentialId: string, flags: SimulateFlags): Promise<void> {
  const tell = (line: string): void => void (flags.json ? process.stderr : process.stdout).write(`${line}\n`);
  const interruption = new AbortController();
  void untilInterrupted().then(() => interruption.abort());
  await withSession(async ({ client, database, config }) => {
    const parts = {
      client,
      namespace: config.TOURNIQUET_TEMPORAL_NAMESPACE,
      temporalUi: config.TOURNIQUET_TEMPORAL_UI_URL,
      taskQueue: config.TOURNIQUET_TASK_QUEUE,
      policy: readPolicy(config.TOURNIQUET_POLICY_FILE).policy,
      inventory: createInventory(database),
      verifyAudit: async () => (await createAuditLog(database, readKey(config.TOURNIQUET_AUDIT_KEY_FILE)).verify()).ok,
      startedBy: userInfo().username,
      timeoutMs: flags.timeoutSeconds * 1000,
      signal: interruption.signal,
      tell,
    };
    const report = await simulateLeak(parts, credentialId, flags.yes);
    tell(`\n${renderReport(report)}`);
    if (brokenPromises(report).length > 0) process.exitCode = 1;
    if (flags.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  });
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a whole number of seconds, at least 1');
  return value;
}
