import { existsSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { chromium, type Browser, type Page } from 'playwright-core';
import { incident, startIncident } from '../../client';
import { incidentUrl } from '../../workers/temporal';
import { eventually } from '../support/eventually';
import { fakeActivities, refusal } from '../support/fake-activities';
import { integrationStack } from '../support/integration-stack';
import { workflowBundle } from '../support/workflow-bundle';

const PROGRAM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
const describeWithBrowser = PROGRAM || process.env['CI'] ? describe : describe.skip;
if (!PROGRAM) process.stderr.write('Chromium is not installed: the Web UI is not looked at.\n');

describeWithBrowser('the Temporal Web UI', () => {
  const stack = integrationStack();
  let browser: Browser;
  let connection: Connection;
  let native: NativeConnection;

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: PROGRAM ?? 'chromium',
      args: ['--no-sandbox', '--disable-background-networking'],
    });
    connection = await Connection.connect({ address: stack.temporal.address });
    native = await NativeConnection.connect({ address: stack.temporal.address });
  });

  afterAll(async () => {
    await browser?.close();
    await native?.close();
    await connection?.close();
  });

  /** Runs an incident whose revoke is refused, until it waits for a person; then looks at a tab of its page. */
  async function look(credentialId: string, tab: string, read: (page: Page) => Promise<void>): Promise<void> {
    const client = new Client({ connection });
    const taskQueue = `web-ui-${credentialId}`;
    const { activities } = fakeActivities({ revokeVersion: () => Promise.reject(refusal('PROVIDER_ADMIN_DENIED')) });
    const worker = await Worker.create({ connection: native, taskQueue, workflowBundle, activities });
    await worker.runUntil(async () => {
      const { id } = await startIncident(client, {
        credentialId,
        version: 1,
        severity: 'critical',
        reason: 'pasted into a public chat',
        startedBy: 'ana@example.com',
        taskQueue,
      });
      await eventually(
        async () => (await incident(client, id).state()).incident.stage,
        (stage) => stage === 'waiting-for-person',
      );
      const { runId } = await client.workflow.getHandle(id).describe();
      const page = await browser.newPage({ viewport: { width: 1400, height: 1200 } });
      await page.goto(incidentUrl(stack.temporal.uiUrl, stack.temporal.namespace, id, runId).replace(/history$/, tab));
      await read(page);
      await page.close();
      await client.workflow.getHandle(id).terminate('looked at');
    });
  }

  it('shows where an incident is, what it waits for and what a person can send', async () => {
    await look('ui-waiting', 'user-metadata', async (page) => {
      await page.getByText('Refuse version 1: deny-all').first().waitFor();
      await page.getByText('Revoke version 1: the one-way door').first().waitFor();
      // Summary, details and the live page are Markdown, each in a frame of its own.
      const texts = await eventually(
        async () => (await Promise.all(page.frames().map((frame) => frame.locator('body').innerText()))).join('\n'),
        (text) => text.includes('A person is needed') && text.includes('critical: ui-waiting v1 leaked'),
      );
      expect(texts).toContain('critical: ui-waiting v1 leaked');
      expect(texts).toContain('pasted into a public chat');
      expect(texts).toContain('PROVIDER_ADMIN_DENIED');
      expect(texts).toContain('retryStep');
      expect(texts).toContain('Dependents moved');
    });
  });

  it('names each step in its history', async () => {
    await look('ui-history', 'history', async (page) => {
      await page.getByText('Prove that it is refused').first().waitFor({ state: 'detached' });
      await page.getByText('Replace ui-history v1').first().waitFor();
      await page.getByText('Tell security: contained').first().waitFor();
    });
  });

  it('finds open critical incidents of a team by one filter', async () => {
    await look('ui-filter', 'history', async (page) => {
      const query = encodeURIComponent(
        'TourniquetSeverity = "critical" AND TourniquetOwnerTeam = "payments" AND ExecutionStatus = "Running"',
      );
      await eventually(
        async () => {
          await page.goto(`${stack.temporal.uiUrl}/namespaces/${stack.temporal.namespace}/workflows?query=${query}`);
          await page.waitForTimeout(1_000);
          return page.getByText('incident/ui-filter/1').count();
        },
        (count) => count > 0,
      );
      expect(await page.getByText('incident/ui-filter/1').count()).toBeGreaterThan(0);
    });
  });
});
