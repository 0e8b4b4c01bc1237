import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import Table from 'cli-table3';
import { Command, Option } from 'commander';
import { createApiKeyStore, type ApiCaller } from '../../activities/store/api-keys';
import { createAuditLog } from '../../activities/store/audit-log';
import { API_ROLES, type ApiRole } from '../../domain/api-role';
import { IncidentError } from '../../domain/errors';
import { readKey } from '../../workers/keys';
import { withSession, type Session } from '../session';

/** Names stand in logs, in the audit and as who started an incident. */
const NAME = /^[\w.@-]{1,64}$/;

export function apiKeyCommand(): Command {
  return new Command('api-key')
    .description('Keys of the HTTP API; only their hashes are kept')
    .addCommand(
      new Command('create')
        .description('Make a key and print it, this once')
        .argument('<name>', 'the person, program or dependent it is for')
        .addOption(new Option('--role <role>', 'what it may do').choices(API_ROLES).makeOptionMandatory())
        .action(create),
    )
    .addCommand(new Command('list').description('Who has a key').action(list))
    .addCommand(
      new Command('revoke').description('End a key at once').argument('<name>', 'whose key ends').action(revoke),
    );
}

async function create(name: string, { role }: { readonly role: ApiRole }): Promise<void> {
  if (!NAME.test(name))
    throw new IncidentError('REQUEST_INVALID', { faults: ['name: letters, digits, . _ @ -, up to 64'] });
  await withSession(async (session) => {
    const key = await createApiKeyStore(session.database).create(name, role);
    await record(session, 'api-key.create', { name, role });
    process.stdout.write(`${key}\n`);
    process.stderr.write(`The key of ${name}, role ${role}. It is not kept: this is the only time it is shown.\n`);
  });
}

async function list(): Promise<void> {
  await withSession(async ({ database }) => {
    const table = new Table({
      head: ['name', 'role', 'created', 'found in the open'],
      style: { head: [], border: [] },
    });
    for (const { name, role, createdAt, leakedIn } of await createApiKeyStore(database).list())
      table.push([name, role, createdAt.toISOString(), leakedIn ?? '']);
    process.stdout.write(`${table.toString()}\n`);
  });
}

async function revoke(name: string): Promise<void> {
  await withSession(async (session) => {
    const revoked = await createApiKeyStore(session.database).revoke(name);
    await record(session, 'api-key.revoke', revoked);
    process.stdout.write(`revoked ${name} (${revoked.role})\n`);
  });
}

/** Who may do what is changed here, so the audit log says by whom. */
async function record({ database, config }: Session, action: string, { name, role }: ApiCaller): Promise<void> {
  await createAuditLog(database, readKey(config.TOURNIQUET_AUDIT_KEY_FILE)).append({
    incidentId: '',
    workflowRunId: '',
    actor: userInfo().username,
    action,
    phase: 'outcome',
    stepKey: `${action}/${randomUUID()}`,
    detail: { name, role },
  });
}
