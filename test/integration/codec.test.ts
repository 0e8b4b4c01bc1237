import { Connection, type Client } from '@temporalio/client';
import { startIncident } from '../../client';
import { runProgram } from '../../stack/run-program';
import { TEMPORAL } from '../../stack/toolchain/program-recipe';
import { resolveProgram } from '../../stack/toolchain/resolve-program';
import { readSecretFile } from '../../workers/config';
import { encryptedClient } from '../support/encrypted-client';
import { integrationStack } from '../support/integration-stack';

const REASON = 'pasted into a public chat';

describe('the temporal command line', () => {
  const { temporal, codec } = integrationStack();
  const id = `incident/codec-${process.pid}/1`;
  let connection: Connection;
  let client: Client;
  let program: string;

  beforeAll(async () => {
    program = await resolveProgram(TEMPORAL, () => undefined);
    connection = await Connection.connect({ address: temporal.address });
    client = encryptedClient(connection, codec.payloadKeysFile);
    // Nobody polls the queue: the incident stays at its first event.
    await startIncident(client, {
      credentialId: `codec-${process.pid}`,
      version: 1,
      severity: 'critical',
      reason: REASON,
      startedBy: 'ana@example.com',
      taskQueue: `codec-${process.pid}`,
    });
  });

  afterAll(async () => {
    await client.workflow.getHandle(id).terminate('looked at');
    await connection.close();
  });

  /** What the command prints, with the payloads' base64 read as text. */
  async function show(...more: string[]): Promise<string> {
    const place = ['--workflow-id', id, '--address', temporal.address];
    const args = ['workflow', 'show', ...place, '--output', 'json', '--command-timeout', '4s', ...more];
    const { output } = await runProgram(program, args);
    return output.replace(/"data": "([^"]*)"/g, (_, data: string) => Buffer.from(data, 'base64').toString('utf8'));
  }

  it('reads an incident in clear through the codec server', async () => {
    const token = readSecretFile(codec.tokenFile);

    expect(await show('--codec-endpoint', codec.url, '--codec-auth', `Bearer ${token}`)).toContain(REASON);
  });

  it('sees only the encrypted payloads without it', async () => {
    const shown = await show();

    expect(shown).toContain('encryption-key-id');
    expect(shown).not.toContain(REASON);
  });

  it.each([
    ['no token', []],
    ['another token', ['--codec-auth', 'Bearer guess']],
  ])('gets nothing from the codec server with %s', async (_name, flags) => {
    const shown = await show('--codec-endpoint', codec.url, ...flags);

    // The command takes a refusal for a fault that may pass, and tries again until its time is over.
    expect(shown).toContain('failed getting next history event');
    expect(shown).not.toContain(REASON);
  });
});
