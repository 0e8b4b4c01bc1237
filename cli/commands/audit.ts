import { createPublicKey } from 'node:crypto';
import { Command } from 'commander';
import { createAuditLog } from '../../activities/store/audit-log';
import { IncidentError } from '../../domain/errors';
import { readSecretFile } from '../../workers/config';
import { readKey } from '../../workers/keys';
import { withSession } from '../session';

interface VerifyFlags {
  readonly checkpoints?: string;
  readonly publicKey?: string;
}

export function auditCommand(): Command {
  return new Command('audit')
    .description('The audit log')
    .addCommand(
      new Command('verify')
        .description('Check that no entry was changed, taken out, moved or cut off')
        .option('--checkpoints <file>', 'signed checkpoints, as the response worker appends them')
        .option('--public-key <file>', 'the key they are signed with, in PEM')
        .action(verify),
    );
}

async function verify({ checkpoints, publicKey }: VerifyFlags): Promise<void> {
  if ((checkpoints === undefined) !== (publicKey === undefined)) {
    throw new IncidentError('CONFIG_INVALID', { faults: ['--checkpoints and --public-key go together'] });
  }
  const against =
    checkpoints && publicKey ? { file: checkpoints, key: createPublicKey(readSecretFile(publicKey)) } : undefined;
  await withSession(async ({ database, config }) => {
    const check = await createAuditLog(database, readKey(config.TOURNIQUET_AUDIT_KEY_FILE)).verify(against);
    if (!check.ok) {
      const { brokenAt, reason, entries } = check;
      throw new IncidentError('AUDIT_CHAIN_BROKEN', { entry: brokenAt, fault: reason, entries });
    }
    const tail = against ? 'checkpoints agree' : 'no checkpoints were given: a cut-off end would not show';
    process.stdout.write(`${check.entries} entries, chain verified, head ${check.head}; ${tail}\n`);
  });
}
