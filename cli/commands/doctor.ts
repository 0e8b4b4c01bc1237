import Table from 'cli-table3';
import { Command } from 'commander';
import type { checkReadiness } from '../../workflows';
import type { ReadinessReport } from '../../workflows/check-readiness';
import { READINESS_SCHEDULE } from '../../workflows/messages';
import { withSession } from '../session';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description('Look whether a leak of each credential could be answered now; changes nothing')
    .option('--json', 'for programs', false)
    .action(({ json }: { readonly json: boolean }) =>
      withSession(async ({ client, config }) => {
        // The response workers look, with what an incident would have: this process has no admin credential.
        const report = await client.workflow.execute<typeof checkReadiness>('checkReadiness', {
          workflowId: READINESS_SCHEDULE,
          workflowIdConflictPolicy: 'USE_EXISTING',
          taskQueue: config.TOURNIQUET_TASK_QUEUE,
          staticSummary: 'Could leaks be answered?',
          args: [],
        });
        process.stdout.write(`${json ? JSON.stringify(report) : render(report)}\n`);
        if (report.unready > 0 || notReady(report).length > 0) process.exitCode = 1;
      }),
    );
}

function notReady({ servers }: ReadinessReport): ReadinessReport['servers'] {
  return servers.filter(({ faults }) => faults.length > 0);
}

function render(report: ReadinessReport): string {
  const { examined, unready, credentials } = report;
  const table = new Table({ head: ['credential', 'version', 'provider', 'ready'], style: { head: [], border: [] } });
  for (const { credentialId, version, provider, faults } of credentials)
    table.push([
      credentialId,
      version,
      provider,
      faults.length === 0 ? 'yes' : `NO: ${faults.map(({ step }) => step).join(', ')}`,
    ]);
  const why = credentials.flatMap(({ credentialId, faults }) =>
    faults.map(({ step, fault }) => `${credentialId}, ${step}: ${fault}`),
  );
  const left = examined - credentials.length;
  const faulty = notReady(report);
  return [
    table.toString(),
    ...why,
    ...faulty.flatMap(({ name, faults }) => faults.map(({ step, fault }) => `${name}, ${step}: ${fault}`)),
    `${examined - unready} of ${examined} credentials are ready${left > 0 ? `; ${left} of those are not shown` : ''}`,
    `${report.servers.length - faulty.length} of ${report.servers.length} other accounts, secret stores, channels and threat lists are ready`,
    ...(report.untold === undefined ? [] : [`security could NOT be told: ${report.untold}`]),
  ].join('\n');
}
