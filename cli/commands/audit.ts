import { Command } from 'commander';
import { createAuditLog } from '../../activities/store/audit-log';
import { IncidentError } from '../../domain/errors';
import { readKey } from '../../workers/keys';
import { withSession } from '../session';

export function auditCommand(): Command {
  return new Command('audit')
    .description('The audit log')
    .addCommand(
      new Command('verify').description('Check that no entry was changed, taken out or moved').action(verify),
    );
}

async function verify(): Promise<void> {
  await withSession(async ({ database, config }) => {
    const check = await createAuditLog(database, readKey(config.TOURNIQUET_AUDIT_KEY_FILE)).verify();
    if (!check.ok)
      throw new IncidentError('AUDIT_CHAIN_BROKEN', {
        entry: check.brokenAt,
        fault: check.reason,
        entries: check.entries,
      });
    process.stdout.write(`${check.entries} entries, chain verified, head ${check.head}\n`);
  });
}
