import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { DemoReport } from '../../drills/demo/report';
import { madeUpTheft } from '../support/recorded-theft';
import { temporaryFolder } from '../support/temporary-folder';

const ROOT = path.resolve(__dirname, '../..');
const RECORDED = path.join(ROOT, '../shared/data/cloudtrail/otrf-cloud-breach-s3.jsonl');
const STOLEN = 'unregistered/id:aws-access-key:ASIA5FLZVX4OPVKKVBMX';

const folder = temporaryFolder();

/** Runs the command as a user would; its standard output must be one line of JSON. */
function replay(...files: string[]): Promise<{ code: number | null; report: DemoReport | undefined; stderr: string }> {
  return new Promise((resolve, reject) => {
    const args = ['run', '--silent', 'demo', '--', '--exit', '--json', '--replay', ...files];
    const demo = spawn('npm', args, { cwd: ROOT });
    let stdout = '';
    let stderr = '';
    demo.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
    demo.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
    demo.once('error', reject);
    demo.once('close', (code) =>
      resolve({ code, report: stdout === '' ? undefined : (JSON.parse(stdout) as DemoReport), stderr }),
    );
  });
}

function expectHandedOver(report: DemoReport | undefined, id: string): void {
  expect(report?.credentials.map((one) => one.id)).toEqual([id]);
  const [one] = report?.credentials ?? [];
  expect(one).toMatchObject({
    provider: 'aws-access-key',
    outcome: 'contained-waiting-for-person',
    audiencesNotified: ['engineering', 'security', 'product'],
    // Nothing pretends to have happened.
    replacedMs: null,
    revokedMs: null,
    verifiedMs: null,
    closedMs: null,
    attackerSuccessesAfterRefusal: null,
  });
  expect(one?.leftToPerson).toContain('disable it at aws-access-key');
  expect(one?.quarantinedMs).toBeGreaterThan(0);
  expect(report).toMatchObject({ auditVerified: true, legitimateRequests: null });
}

describe('npm run demo -- --exit --json --replay', () => {
  it('flags the stolen key and no other, and says what it could not do', async () => {
    const file = path.join(folder.path, 'theft.json.gz');
    await writeFile(file, gzipSync(JSON.stringify({ Records: madeUpTheft() })));

    const { code, report, stderr } = await replay(file);

    expect({ code, tail: code === 0 ? '' : stderr.slice(-2_000) }).toEqual({ code: 0, tail: '' });
    expect(report?.replayed).toEqual({ records: 61, uses: 61, keys: 2, ignored: 0, malformed: 0 });
    expectHandedOver(report, 'unregistered/id:aws-access-key:ASIASTOLEN0000000001');
  });

  it('refuses a file that holds no record, before it starts anything', async () => {
    const file = path.join(folder.path, 'notes.txt');
    await writeFile(file, 'no record');

    const { code, report, stderr } = await replay(file);

    expect([code, report]).toEqual([1, undefined]);
    expect(stderr).toContain('RECORDING_UNREADABLE');
    expect(stderr).not.toContain('ready after');
  });

  const recorded = existsSync(RECORDED) ? it : it.skip;
  recorded(`flags the stolen key of the recorded breach (skipped without ${RECORDED})`, async () => {
    const { code, report, stderr } = await replay(RECORDED);

    expect({ code, tail: code === 0 ? '' : stderr.slice(-2_000) }).toEqual({ code: 0, tail: '' });
    expect(report?.replayed).toMatchObject({ records: 103, keys: 2 });
    expectHandedOver(report, STOLEN);
  });
});
