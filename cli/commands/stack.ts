import { Command } from 'commander';
import { startLocalStack } from '../../stack/local-stack';
import { codecHints } from '../../stack/local-codec';
import { stackAddresses } from '../stack-addresses';
import { untilInterrupted } from '../until-interrupted';

export function stackCommand(): Command {
  return new Command('stack')
    .description('Bring up Temporal with its Web UI, NATS with JetStream and PostgreSQL, and print their addresses')
    .option('--directory <path>', 'keep the state there; by default it goes when the stack ends')
    .action(async ({ directory }: { readonly directory?: string }) => {
      const interrupted = untilInterrupted();
      const stack = await startLocalStack({
        addresses: stackAddresses(process.env),
        report: (line) => void process.stderr.write(`${line}\n`),
        ...(directory === undefined ? {} : { directory }),
      });
      const lines = [
        `TOURNIQUET_TEMPORAL_ADDRESS=${stack.temporal?.address ?? ''}`,
        `TOURNIQUET_TEMPORAL_UI_URL=${stack.temporal?.uiUrl ?? ''}`,
        `TOURNIQUET_PAYLOAD_KEYS_FILE=${stack.temporal?.codec.payloadKeysFile ?? ''}`,
        `TOURNIQUET_CODEC_TOKEN_FILE=${stack.temporal?.codec.tokenFile ?? ''}`,
        `TOURNIQUET_CODEC_PORT=${stack.temporal?.codec.port ?? ''}`,
        `TOURNIQUET_NATS_URL=${stack.nats?.url ?? ''}`,
        `TOURNIQUET_DATABASE_URL=${stack.postgres?.adminUrl ?? ''}`,
      ];
      process.stdout.write(`${lines.join('\n')}\n`);
      if (stack.temporal) process.stderr.write(`${codecHints(stack.temporal).join('\n')}\n`);
      process.stderr.write('The stack is up. Ctrl-C ends it.\n');
      await interrupted;
      await stack.stop();
    });
}
