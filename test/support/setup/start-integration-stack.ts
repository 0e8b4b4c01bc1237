import { startLocalStack } from '../../../stack/local-stack';
import { STACK_VARIABLE, type IntegrationStack } from '../integration-stack';
import { startOnce } from '../once-a-run';

/** Jest's global set-up of the projects "integration" and "browser": one stack for both, of their own. */
export default async function startForRun(): Promise<void> {
  await startOnce('integration-stack', async () => {
    const stack = await startLocalStack({ report: (line) => process.stderr.write(`${line}\n`) });
    const { directory, temporal, nats, postgres } = stack;
    if (!temporal || !nats || !postgres) throw new Error('the local stack came up incomplete');
    const { address, namespace, uiUrl, codec } = temporal;
    const { adminUrl, jsonLogDirectory, binDirectory } = postgres;
    const told: IntegrationStack = {
      directory,
      temporal: { address, namespace, uiUrl },
      codec: { url: codec.url, tokenFile: codec.tokenFile, payloadKeysFile: codec.payloadKeysFile },
      nats: { url: nats.url },
      postgres: { adminUrl, jsonLogDirectory, binDirectory },
    };
    process.env[STACK_VARIABLE] = JSON.stringify(told);
    return () => stack.stop();
  });
}
