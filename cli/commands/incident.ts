import { userInfo } from 'node:os';
import Table from 'cli-table3';
import { Command, InvalidArgumentError, Option } from 'commander';
import { createInventory } from '../../activities/store/inventory';
import { incident, rehearseIncident, startIncident } from '../../client';
import { shownEventId } from '../../domain/event-ids';
import { SEVERITIES, type Severity } from '../../domain/severity';
import { newestLive } from '../../domain/version-order';
import { readPolicy } from '../../workers/policy-file';
import { SEARCH_ATTRIBUTES } from '../../workflows/messages';
import { withSession } from '../session';

export function incidentCommand(): Command {
  return new Command('incident')
    .description('Start and look at incidents')
    .addCommand(
      new Command('start')
        .description('Respond to a leak you know of')
        .argument('<credential>', 'the credential whose secret leaked')
        .requiredOption('--reason <text>', 'how it is known; people read it')
        .option('--version <n>', 'which version leaked; by default the newest live one', readVersion)
        .addOption(new Option('--severity <severity>', 'how grave it is').choices(SEVERITIES).default('high'))
        .option('--wait', 'wait for the end', false)
        .option('--dry-run', 'play it without its effects, and say what each step would need', false)
        .action(start),
    )
    .addCommand(new Command('list').description('All incidents, newest first').action(list))
    .addCommand(
      new Command('show')
        .description('One incident: its state and timeline')
        .argument('<id>', 'incident/<credential>/<version>')
        .action(show),
    );
}

function readVersion(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('must be a whole number from 1 on');
  return Number(text);
}

interface StartFlags {
  readonly reason: string;
  readonly version?: number;
  readonly severity: Severity;
  readonly wait: boolean;
  readonly dryRun: boolean;
}

async function start(credentialId: string, flags: StartFlags): Promise<void> {
  await withSession(async ({ client, database, config }) => {
    const inventory = createInventory(database);
    // Refused here, at the edge, when there is no such credential or version.
    await inventory.credential(credentialId);
    const newest = newestLive(await inventory.versions(credentialId));
    const version = await inventory.version(credentialId, flags.version ?? newest?.version ?? 0);
    const request = {
      credentialId,
      version: version.version,
      severity: flags.severity,
      reason: flags.reason,
      startedBy: userInfo().username,
      taskQueue: config.TOURNIQUET_TASK_QUEUE,
      policy: readPolicy(config.TOURNIQUET_POLICY_FILE).policy,
    };
    if (flags.dryRun) return rehearse(await rehearseIncident(client, request));
    const handle = await startIncident(client, request);
    print(handle.id);
    if (flags.wait) print((await handle.result()).outcome);
  });
}

async function rehearse({ id, report }: Awaited<ReturnType<typeof rehearseIncident>>): Promise<void> {
  print(`${id}: DRY RUN, nothing is done`);
  const { plan, steps } = await report();
  print(`refused ${plan.quarantine.mode} by the ${plan.quarantine.enforcedBy}; ${plan.expectedGap}`);
  const table = new Table({ head: ['step', 'ready', ''], style: { head: [], border: [] } });
  for (const { step, ready, detail } of steps) table.push([step, ready ? 'yes' : 'NO', detail]);
  print(table.toString());
  if (steps.some(({ ready }) => !ready)) process.exitCode = 1;
}

async function list(): Promise<void> {
  await withSession(async ({ client }) => {
    const table = new Table({
      head: ['incident', 'status', 'severity', 'stage', 'owner', 'started'],
      style: { head: [], border: [] },
    });
    for await (const execution of client.workflow.list({ query: `WorkflowType = 'respondToLeak'` })) {
      const attributes = execution.typedSearchAttributes;
      table.push([
        execution.workflowId,
        execution.status.name,
        attributes.get(SEARCH_ATTRIBUTES.severity) ?? '',
        attributes.get(SEARCH_ATTRIBUTES.stage) ?? '',
        attributes.get(SEARCH_ATTRIBUTES.ownerTeam) ?? '',
        execution.startTime.toISOString(),
      ]);
    }
    print(table.toString());
  });
}

async function show(id: string): Promise<void> {
  await withSession(async ({ client }) => {
    const view = await incident(client, id).state();
    const { evidence, stage, outcome, timeline } = view.incident;
    print(`${id}: ${outcome ?? stage}, severity ${evidence.severity}, ${view.incident.detections} detections`);
    print(`why: ${evidence.reason}`);
    if (evidence.eventIds) print(`proven by: ${evidence.eventIds.map(shownEventId).join(', ')}`);
    if (view.plan) print(`plan: ${view.plan.strategy}; ${view.plan.reasons.join(' ')}`);
    for (const entry of timeline) print(`${new Date(entry.at).toISOString()}  ${entry.note}`);
  });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
