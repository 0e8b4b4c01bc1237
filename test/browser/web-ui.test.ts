import { existsSync } from 'node:fs';
import { Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { incident, startIncident } from '../../client';
import { issueTicket } from '../../workers/codec/login-link';
import { readSecretFile } from '../../workers/config';
import { incidentUrl } from '../../workers/temporal';
import { converterOf, encryptedClient } from '../support/encrypted-client';
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

  /** Summary, details and the live page are Markdown, each in a frame of its own. */
  async function textsOf(page: Page): Promise<string> {
    // A frame that the page took away meanwhile shows nothing any more; the next look sees its successor.
    const texts = page.frames().map((frame) =>
      frame
        .locator('body')
        .innerText()
        .catch((error: Error) => (error.message.includes('detached') ? '' : Promise.reject(error))),
    );
    return (await Promise.all(texts)).join('\n');
  }

  /** Runs an incident whose revoke is refused, until it waits for a person; then looks at a tab of its page. */
  async function look(
    credentialId: string,
    tab: string,
    read: (page: Page) => Promise<void>,
    at: BrowserContext | Browser = browser,
  ): Promise<void> {
    const client = encryptedClient(connection, stack.codec.payloadKeysFile);
    const dataConverter = converterOf(stack.codec.payloadKeysFile);
    const taskQueue = `web-ui-${credentialId}`;
    const { activities } = fakeActivities({ revokeVersion: () => Promise.reject(refusal('PROVIDER_ADMIN_DENIED')) });
    const worker = await Worker.create({ connection: native, taskQueue, workflowBundle, activities, dataConverter });
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
      const page = await at.newPage({ viewport: { width: 1400, height: 1200 } });
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
      const texts = await eventually(
        () => textsOf(page),
        (text) => text.includes('A person is needed') && text.includes('critical: ui-waiting v1 leaked'),
      );
      expect(texts).toContain('critical: ui-waiting v1 leaked');
      expect(texts).toContain('pasted into a public chat');
      expect(texts).toContain('PROVIDER_ADMIN_DENIED');
      expect(texts).toContain('retryStep');
      expect(texts).toContain('Dependents moved');
    });
  });

  it('shows nothing of it without a login at the codec server, and all of it after one', async () => {
    // The browser's own codec settings, as a person makes them in the Web UI: the endpoint without the stack's capability.
    const context = await browser.newContext({ viewport: { width: 1400, height: 1200 } });
    await context.addInitScript((endpoint) => {
      const settings = { endpoint, includeCredentials: true, overrideRemoteCodecConfiguration: true };
      const { localStorage } = globalThis as unknown as {
        localStorage: { setItem(name: string, value: string): void };
      };
      for (const [name, value] of Object.entries(settings)) localStorage.setItem(name, JSON.stringify(value));
    }, stack.codec.url);
    const refused: number[] = [];
    context.on('response', (response) => {
      if (response.url().startsWith(stack.codec.url)) refused.push(response.status());
    });

    await look(
      'ui-locked',
      'user-metadata',
      async (page) => {
        await eventually(
          () => refused,
          (statuses) => statuses.includes(401),
        );
        await page.getByText('incident/ui-locked/1').first().waitFor();
        await page.waitForTimeout(1_000);
        const locked = await textsOf(page);
        for (const text of [
          'pasted into a public chat',
          'critical: ui-locked',
          'A person is needed',
          'Refuse version 1',
        ])
          expect(locked).not.toContain(text);

        const login = await context.newPage();
        await login.goto(`${stack.codec.url}/login/${issueTicket(readSecretFile(stack.codec.tokenFile), Date.now())}`);
        await login.close();
        await page.reload();
        const opened = await eventually(
          () => textsOf(page),
          (text) => text.includes('A person is needed') && text.includes('critical: ui-locked v1 leaked'),
        );
        expect(opened).toContain('pasted into a public chat');
        expect(opened).toContain('A person is needed');
      },
      context,
    );
    await context.close();
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
      const found = await eventually(
        async () => {
          await page.goto(`${stack.temporal.uiUrl}/namespaces/${stack.temporal.namespace}/workflows?query=${query}`);
          const row = page.getByText('incident/ui-filter/1').first();
          return row.waitFor({ timeout: 5_000 }).then(
            () => true,
            () => false,
          );
        },
        (isThere) => isThere,
        45_000,
      );
      expect(found).toBe(true);
    });
  });
});
