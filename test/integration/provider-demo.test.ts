import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { openDatabase } from '../../activities/store/database';
import { createPostgresStore } from '../../activities/store/secret-stores/postgres';
import { valueOf } from '../../domain/secret-material';
import { brokenPromises, type DemoReport } from '../../drills/demo/report';
import { readSecretFile } from '../../workers/config';
import { readKey } from '../../workers/keys';

/** How the incident says that the old version is dead. */
const PROOFS = {
  'redis-acl': /proof presented: .*old refused, control accepted, 0 sessions/,
  'oauth-client': /proof presented: .*old refused, control accepted, tokens of the old ended/,
  'aws-access-key': /proof presented: .*old refused, control accepted, sessions refused/,
  'nats-user': /proof presented: .*old refused, control accepted, 0 sessions, revoked/,
  'git-forge-token': /proof presented: .*old refused, control accepted, old absent/,
  'github-token': /proof presented: .*old refused, control accepted/,
  http: /proof presented: .*old refused, control accepted, old absent/,
};

/** The whole product on real servers of each provider, as a user plays it: a leak of one credential after the other, under load. */
describe('npm run demo -- --json --provider …', () => {
  let demo: ChildProcess;
  let told = '';
  let directory = '';
  let report: DemoReport;

  beforeAll(async () => {
    const args = ['dist/cli/main.js', 'demo', '--json', '--provider', ...Object.keys(PROOFS)];
    demo = spawn(process.execPath, args, { cwd: path.resolve(__dirname, '../..'), stdio: ['ignore', 'pipe', 'pipe'] });
    demo.stderr?.on('data', (chunk: Buffer) => (told += chunk.toString('utf8')));
    const [line] = (await once(createInterface(demo.stdout ?? process.stdin), 'line')) as [string];
    report = JSON.parse(line) as DemoReport;
    directory = /set -a; \. (?<directory>\S+)\/tourniquet\.env/.exec(told)?.groups?.['directory'] ?? '';
  });

  afterAll(async () => {
    const ended = once(demo, 'close');
    demo.kill('SIGINT');
    await ended;
  });

  it('keeps every promise: no legitimate request failed, and no use of what leaked worked after the refusal', () => {
    expect(brokenPromises(report)).toEqual([]);
    expect(report.credentials.map(({ provider }) => provider)).toEqual(Object.keys(PROOFS));
    expect(report.legitimateRequests).toBeGreaterThan(300);
  });

  it('says of each how it was proven dead', () => {
    for (const { id, provider } of report.credentials) {
      const proof = told.split('\n').find((line) => line.startsWith(id) && line.includes('verified dead'));
      expect(proof).toMatch(PROOFS[provider as keyof typeof PROOFS]);
    }
  });

  it('states the gap of what lives on until revocation, and no other', () => {
    const withGap = report.credentials.filter(({ attackerSuccessesInGap }) => attackerSuccessesInGap !== undefined);

    expect(withGap.map(({ provider }) => provider)).toEqual(['oauth-client', 'git-forge-token', 'github-token']);
  });

  it('has written no value and no hash of one into a log or the audit log', async () => {
    const database = openDatabase(readSecretFile(path.join(directory, 'keys', 'database.url')), {
      applicationName: 'test',
    });
    const secrets = createPostgresStore(database, {
      id: 'sealing',
      key: readKey(path.join(directory, 'keys', 'sealing.key')),
    });
    const logs = (await readdir(directory, { recursive: true })).filter((name) => name.endsWith('.log'));
    const texts = await Promise.all(logs.map((name) => readFile(path.join(directory, name), 'utf8')));
    const { rows } = await database.query<object>('SELECT * FROM audit_entries');
    const written = [...texts, JSON.stringify(rows)].join('\n');

    for (const { id } of report.credentials) {
      expect(written).toContain(id);
      for (const version of [1, 2]) {
        const value = valueOf(await secrets.get({ store: 'postgres', path: `credentials/${id}`, version })) ?? '';
        const hash = createHash('sha256').update(value).digest('hex');
        expect([value.length > 8, written.includes(value), written.includes(hash)]).toEqual([true, false, false]);
      }
    }
    await database.end();
  });
});
