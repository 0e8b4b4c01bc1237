import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { createApiKeyStore } from '../../activities/store/api-keys';
import { credentialCommand } from '../../cli/commands/credential';
import { startIncident } from '../../client';
import { createApiClient } from '../../client/api-client';
import type { DependentRecord } from '../../domain/credential';
import { startRig, type Rig } from '../../drills/rig';
import { stateQuery } from '../../workflows/messages';
import type { respondToLeak } from '../../workflows';
import { encryptedClient } from '../support/encrypted-client';
import { eventually } from '../support/eventually';
import { outputOf } from '../support/output-of';
import { programRig, type ProgramRig } from '../support/program-rig';
import { temporaryFolder } from '../support/temporary-folder';

const SERVICE = join(__dirname, '../support/file-service.cjs');
const ID = 'moved-by-others';
const folder = temporaryFolder();

/** A whole incident of a credential whose dependents use no library of ours: a file and a signal, a program, and a person. */
describe('dependents that know nothing of us', () => {
  let rig: Rig;
  let programs: Readonly<Record<'file' | 'command', ProgramRig>>;
  let service: ChildProcess;

  beforeAll(async () => {
    const places = { file: join(folder.path, 'file'), command: join(folder.path, 'command') };
    await Promise.all(Object.values(places).map((place) => mkdir(place)));
    programs = { file: programRig(places.file), command: programRig(places.command) };
    const [secret, pidFile] = [join(places.file, 'secret.json'), join(places.file, 'pid')];
    writeFileSync(secret, JSON.stringify({ version: 1 }));
    writeFileSync(programs.command.using, `${ID}\n`);
    service = spawn(process.execPath, [SERVICE, secret, programs.file.using, pidFile], { stdio: 'ignore' });
    const restart = programs.command.program('restart', `echo "$1" > '${programs.command.using}'`);
    rig = await startRig({
      dependents: {
        file: {
          exporter: {
            credentials: [ID],
            host: hostname(),
            path: secret,
            mode: '0600',
            then: { pidFile, process: 'file-service', signal: 'SIGHUP' },
            probe: [...programs.file.probes.good],
          },
        },
        command: {
          reports: {
            credentials: [ID],
            host: hostname(),
            activate: [restart, '{publicId}'],
            probe: [...programs.command.probes.good],
            settleSeconds: 30,
          },
        },
      },
    });
    await eventually(() => Promise.resolve(existsSync(pidFile)), Boolean);
  });

  afterAll(async () => {
    service.kill();
    await rig.stop();
  });

  it('are moved, each in its way, before the leaked version is revoked', async () => {
    const dependent = (id: string, kind: string, target = ''): DependentRecord => ({
      id,
      kind,
      target,
      owner: 'payments',
      criticality: 1,
    });
    const dependents = [
      dependent('exporter', 'file', 'exporter'),
      dependent('reports', 'command', 'reports'),
      dependent('mainframe', 'manual'),
    ];
    await rig.addCredential(ID, 'postgres-role', { dependents });
    const worker = await rig.startWorker(ID, ID);
    const connection = await Connection.connect({ address: rig.stack.temporal.address });
    const client = encryptedClient(connection, rig.deployment.keys.payload);
    const incident = await startIncident(client, {
      credentialId: ID,
      version: 1,
      severity: 'critical',
      reason: 'a test of ours',
      startedBy: 'test',
      taskQueue: ID,
    });
    const key = await createApiKeyStore(rig.database).issue('ana@example.com', 'responder');
    const keyFile = join(folder.path, 'key');
    writeFileSync(keyFile, key, { mode: 0o600 });
    await eventually(
      () => Promise.resolve([programs.file.held(), programs.command.given().length > 0] as const),
      ([held, isRestarted]) => held === 2 && isRestarted,
      30_000,
    );
    const before = await client.workflow.getHandle<typeof respondToLeak>(incident.id).query(stateQuery);
    const word = ['--to', '2', '--note', 'a batch ran', '--api', rig.deployment.apiUrl, '--key-file', keyFile];

    const said = await outputOf(credentialCommand(), 'moved', ID, 'mainframe', ...word);
    const { outcome } = await incident.result();

    const versions = (await rig.deps.inventory.versions(ID)).map(({ version, state }) => `${version} ${state}`);
    expect([before.incident.milestones.revoked, outcome, versions]).toEqual([
      undefined,
      'recovered',
      ['1 revoked', '2 live'],
    ]);
    expect(said).toBe(`mainframe uses version 2 of ${ID}: it is on record.\n`);
    expect(programs.command.given().join()).toContain('TOURNIQUET_VERSION=2');
    const api = createApiClient({ url: rig.deployment.apiUrl, key });
    await expect(api.movedByHand(ID, 'exporter', { version: 2, note: 'n' })).rejects.toMatchObject({
      code: 'DEPENDENT_UNKNOWN',
    });
    await expect(api.movedByHand(ID, 'mainframe', { version: 1, note: 'n' })).rejects.toMatchObject({
      code: 'VERSION_NOT_LIVE',
    });
    await worker.stop();
    await connection.close();
  });
});
