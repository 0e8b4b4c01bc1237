import { spawn } from 'node:child_process';
import path from 'node:path';
import type { DemoReport } from '../../drills/demo/report';

const ROOT = path.resolve(__dirname, '../..');
const AUDIENCES = ['engineering', 'product', 'security'];

/** Runs the command as a user would; its standard output must be one line of JSON at the end. */
function runDemo(): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const demo = spawn('npm', ['run', '--silent', 'demo', '--', '--exit', '--json'], { cwd: ROOT });
    let stdout = '';
    let stderr = '';
    demo.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString('utf8')));
    demo.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
    demo.once('error', reject);
    demo.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

describe('npm run demo -- --exit --json', () => {
  it('keeps every promise and says so in its last line', async () => {
    const { code, stdout, stderr } = await runDemo();

    const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as DemoReport;
    const [database, token] = report.credentials;
    expect({
      code,
      failed: report.failedLegitimateRequests,
      ambiguous: report.ambiguousLegitimateRequests,
      audit: report.auditVerified,
      tail: code === 0 ? '' : stderr.slice(-2_000),
    }).toEqual({
      code: 0,
      failed: 0,
      ambiguous: 0,
      audit: true,
      tail: '',
    });
    expect(report.legitimateRequests).toBeGreaterThan(500);
    expect(report.incidentsBeforeTheLeak).toBe(0);
    expect(database).toMatchObject({
      id: 'orders-db',
      provider: 'postgres-role',
      strategy: 'inseparable',
      refusedMs: null,
    });
    expect(token).toMatchObject({ id: 'reports-token', provider: 'api-token', strategy: 'separable' });
    for (const one of report.credentials) {
      expect(one).toMatchObject({ attackerSuccessesAfterRefusal: 0, attackerSessionsAlive: 0, outcome: 'recovered' });
      expect([...one.audiencesNotified].sort()).toEqual(AUDIENCES);
      const times = [one.quarantinedMs, one.replacedMs, one.revokedMs, one.verifiedMs, one.notifiedMs, one.closedMs];
      expect(times).toEqual([...times].sort((a, b) => Number(a) - Number(b)));
      expect(one.url).toContain(encodeURIComponent(one.workflowId));
    }
    // The hold comes from the detection side, before any workflow.
    expect(token?.refusedMs).toBeLessThan(Number(token?.quarantinedMs));
  });
});
