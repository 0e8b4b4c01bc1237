import { Command, InvalidArgumentError, Option } from 'commander';
import type { ApprovalRequest } from '../../client/api-client';
import { apiClientOf, apiOption, keyFileOption } from '../api-options';
import { APPROVED_ACTIONS, type ApprovedAction } from '../../domain/approval';
import { SEVERITIES, type Severity } from '../../domain/severity';

interface ApproveFlags {
  readonly note: string;
  readonly seconds?: number;
  readonly severity?: Severity;
  readonly api: string;
  readonly keyFile: string;
  readonly send: boolean;
}

export function approveCommand(): Command {
  return new Command('approve')
    .description('Approve, in your own name, what loosens an incident: prints the payload of an update, or sends it')
    .argument('<incident>', 'incident/<credential>/<version>')
    .addArgument(new Command().createArgument('<action>', 'the update it is for').choices(APPROVED_ACTIONS))
    .requiredOption('--note <text>', 'why; audited')
    .option('--seconds <n>', 'of extendOverlap: how much longer dependents have', readSeconds)
    .addOption(new Option('--severity <severity>', 'of lowerSeverity').choices(SEVERITIES))
    .addOption(apiOption())
    .addOption(keyFileOption('approver').makeOptionMandatory())
    .option('--send', 'send the update instead of printing it', false)
    .action(approve);
}

async function approve(id: string, action: ApprovedAction, flags: ApproveFlags): Promise<void> {
  const client = apiClientOf(flags);
  const { note, seconds, severity } = flags;
  const request: ApprovalRequest = {
    action,
    note,
    ...(seconds === undefined ? {} : { seconds }),
    ...(severity === undefined ? {} : { severity }),
  };
  const { update, payload, expiresAt } = await client.approve(id, request);
  if (flags.send) {
    process.stdout.write(`${await client.update(id, update, payload)}\n`);
    return;
  }
  process.stderr.write(`Send update ${update} to ${id} with this, once, until ${expiresAt}:\n`);
  process.stdout.write(`${JSON.stringify(payload)}\n`);
}

function readSeconds(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('must be a whole number of seconds');
  return Number(text);
}
