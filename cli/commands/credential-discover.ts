import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import { failureOf } from '../../client/workflow-failure';
import type { discoverCredentials } from '../../workflows';
import { renderDiscovery } from '../render-discovery';
import { withSession } from '../session';

export function credentialDiscoverCommand(): Command {
  return new Command('discover')
    .description('List what an account has issued and nobody has registered, as a file to complete and import')
    .argument('<provider>', 'such as postgres-role or aws-access-key')
    .option('--account <name>', 'as the settings name it', 'default')
    .option('--json', 'for programs', false)
    .action((provider: string, { account, json }: { readonly account: string; readonly json: boolean }) =>
      withSession(async ({ client, config }) => {
        // The response workers ask: this process has no admin credential.
        const asked = client.workflow.execute<typeof discoverCredentials>('discoverCredentials', {
          workflowId: `discover/${provider}/${account}/${randomUUID()}`,
          taskQueue: config.TOURNIQUET_TASK_QUEUE,
          staticSummary: `What has ${provider} ${account} issued?`,
          args: [{ provider, account }],
        });
        const discovery = await asked.catch((error: unknown) => {
          throw failureOf(error) ?? error;
        });
        const discovered = { provider, account, ...discovery };
        process.stdout.write(json ? `${JSON.stringify(discovered)}\n` : renderDiscovery(discovered));
      }),
    );
}
