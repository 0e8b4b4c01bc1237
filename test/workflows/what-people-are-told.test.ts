import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { renderNotice } from '../../activities/notifiers/render-notice';
import type { Activities } from '../../activities';
import type { Notice } from '../../domain/ports/notifier';
import { markFalsePositiveUpdate, skipStepUpdate } from '../../workflows/messages';
import { fakeActivities, refusal, sampleCredential, sampleInput, sampleVersion } from '../support/fake-activities';
import { APPROVED } from '../support/outcome-scenarios';
import { untilWaiting, withIncident, type LeakHandle } from '../support/run-incident';
import { timeSkippingEnvironment } from '../support/time-skipping-environment';

let environment: TestWorkflowEnvironment;

beforeEach(async () => {
  environment = await timeSkippingEnvironment();
});

afterEach(async () => {
  await environment.teardown();
});

/** Of a system that can only end what it has issued. */
const credential = sampleCredential({ provider: 'git-forge-token' });
const endsOnly = { credential, canQuarantine: false as const };

/** Everything that anybody was told, as it reads, by kind. */
async function toldBy(
  overrides: Partial<Activities>,
  play: (handle: LeakHandle) => Promise<unknown>,
  startedBy = 'ana',
): Promise<Partial<Record<Notice['kind'], string>>> {
  const told: Partial<Record<Notice['kind'], string>> = {};
  const { activities } = fakeActivities({
    ...overrides,
    notifyAudience: ({ audience, notice, incidentId, runId, credentialId, version }) => {
      const { title, body } = renderNotice(
        { ...notice, incidentId, runId, credentialId, version, url: 'http://127.0.0.1/x' },
        audience,
      );
      told[notice.kind] = [told[notice.kind], title, body].join('\n');
      return Promise.resolve({ at: 6, channels: 1 });
    },
  });
  await withIncident(environment, activities, sampleInput({ startedBy }), play);
  return told;
}

const untilEnded = (handle: LeakHandle) => handle.result();

it('says that nothing leaked, and not that it is dead, once a person has said so', async () => {
  const { resolved, restored } = await toldBy(
    { createReplacement: () => Promise.reject(refusal('PROVIDER_REFUSED')) },
    async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(markFalsePositiveUpdate, { args: [APPROVED] });
      return handle.result();
    },
  );

  expect(resolved).toBeUndefined();
  expect(restored).toMatch(/has not leaked and may be used again[^]*Nothing leaked: version 1 may be used again/);
  expect(restored).not.toMatch(/dead|replaced|moved to/);
});

it('says where it still works, while that is so', async () => {
  const { contained } = await toldBy(
    { loadCredential: () => Promise.resolve({ ...endsOnly, version: sampleVersion() }) },
    untilEnded,
  );

  expect(contained).toMatch(
    /refused at the gateways, and works at git-forge-token[^]*At git-forge-token it STILL WORKS/,
  );
});

it.each([
  ['was revoked before, and never proven dead', 'revoked'],
  ['was refused before, so that a person may have ended it since', 'quarantined'],
] as const)('does not say that it works of what %s', async (_what, state) => {
  const { contained } = await toldBy(
    { loadCredential: () => Promise.resolve({ ...endsOnly, version: { ...sampleVersion(), state }, newer: 2 }) },
    untilEnded,
  );

  expect(contained).toContain('may work at git-forge-token');
  expect(contained).toContain('Whether it still works at git-forge-token is NOT known');
  expect(contained).not.toContain('STILL WORKS');
});

it('says that it works of what a watch has just seen to', async () => {
  const version = { ...sampleVersion(), state: 'quarantined' as const };
  const { contained } = await toldBy(
    { loadCredential: () => Promise.resolve({ ...endsOnly, version }) },
    untilEnded,
    'watch',
  );

  expect(contained).toContain('At git-forge-token it STILL WORKS');
});

it('does not say that it works of what may have been revoked by an attempt that gave no answer', async () => {
  const { unresolved } = await toldBy(
    {
      loadCredential: () => Promise.resolve({ ...endsOnly, version: sampleVersion() }),
      revokeVersion: () => Promise.reject(refusal('PROVIDER_ADMIN_DENIED')),
    },
    async (handle) => {
      await untilWaiting(handle);
      await handle.executeUpdate(skipStepUpdate, { args: [APPROVED] });
      return handle.result();
    },
  );

  expect(unresolved).toContain('Whether it still works at git-forge-token is NOT known');
  expect(unresolved).not.toMatch(/STILL WORKS|nothing to do|notice nothing/);
});
