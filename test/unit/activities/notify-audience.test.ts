import type { ActivityDeps, Channel } from '../../../activities/deps';
import { createNotificationActivities, type NotifyInput } from '../../../activities/notification';
import { IncidentError } from '../../../domain/errors';
import type { AuditEvent } from '../../../domain/ports/stores';
import { runActivity } from '../../support/run-activity';

const INPUT: NotifyInput = {
  incidentId: 'incident/orders-db/1',
  runId: 'run',
  credentialId: 'orders-db',
  version: 1,
  stepKey: 'run/notify',
  audience: 'on-call',
  notice: {
    kind: 'person-needed',
    provider: 'postgres-role',
    ownerTeam: 'payments',
    severity: 'high',
    reason: 'used from a new address',
    summary: 'Revoke it for ever?',
  },
};

/** `pager` is a channel that fails as often as told; `mail` always works. */
function world(
  audiences: Readonly<Record<string, readonly Channel[]>>,
  { pagerFailures = 0, failing = new Map<string, IncidentError>(), isLogDown = (): boolean => false } = {},
) {
  const sent: string[] = [];
  const delivered = new Set<string>();
  const audit: AuditEvent[] = [];
  let failures = pagerFailures;
  const channel = (id: string) => ({
    id,
    send(target: string) {
      const failure = failing.get(id);
      if (failure) return Promise.reject(failure);
      if (id === 'pager' && failures-- > 0) return Promise.reject(new IncidentError('NOTIFICATION_FAILED', { id }));
      return Promise.resolve(void sent.push(`${id} ${target}`));
    },
  });
  const { notifyAudience } = createNotificationActivities({
    audiences,
    notifiers: new Map(['pager', 'mail'].map((id) => [id, channel(id)])),
    deliveries: {
      wasSent: (key: string) => (isLogDown() ? DOWN() : Promise.resolve(delivered.has(key))),
      markSent: (key: string) => (isLogDown() ? DOWN() : Promise.resolve(void delivered.add(key))),
    },
    audit: { append: (event: AuditEvent) => Promise.resolve(void audit.push(event)) },
    incidentUrl: () => 'http://temporal.test',
  } as unknown as ActivityDeps);
  return { sent, audit, notify: (audience = 'on-call') => runActivity(notifyAudience, { ...INPUT, audience }) };
}

const DOWN = () => Promise.reject<never>(new Error('connection refused'));

const ON_CALL = [
  { notifier: 'pager', target: 'a' },
  { notifier: 'mail', target: 'b' },
];

describe('telling an audience', () => {
  it('tells people once while the log can not be written, and writes it down when it can', async () => {
    let isDown = true;
    const { sent, audit, notify } = world({ 'on-call': ON_CALL }, { isLogDown: () => isDown });

    for (let attempt = 0; attempt < 3; attempt++) await expect(notify()).rejects.toThrow('connection refused');
    expect([sent, audit]).toEqual([['pager a', 'mail b'], []]);
    isDown = false;
    for (let attempt = 0; attempt < 2; attempt++) expect(await notify()).toMatchObject({ channels: 2 });
    expect(sent).toEqual(['pager a', 'mail b']);
  });

  it('says AUDIENCE_UNKNOWN of one that has no channels, tells nobody and audits nothing', async () => {
    const { sent, audit, notify } = world({ security: ON_CALL });

    for (const nobody of ['on-call', 'constructor'])
      await expect(notify(nobody)).rejects.toMatchObject({ code: 'AUDIENCE_UNKNOWN', fields: { audience: nobody } });
    expect([sent, audit]).toEqual([[], []]);
  });

  it('tells any that the settings name, on all its channels, once', async () => {
    const { sent, audit, notify } = world({ 'on-call': ON_CALL });

    for (let attempt = 0; attempt < 2; attempt++) expect(await notify()).toMatchObject({ channels: 2 });
    expect(sent).toEqual(['pager a', 'mail b']);
    expect(audit[0]).toMatchObject({
      action: 'notify',
      phase: 'outcome',
      detail: { audience: 'on-call', channels: 2 },
    });
  });

  it('lets one dead channel delay no other, and tells that one alone at the next attempt', async () => {
    const { sent, audit, notify } = world({ 'on-call': ON_CALL }, { pagerFailures: 1 });

    await expect(notify()).rejects.toMatchObject({ code: 'NOTIFICATION_FAILED' });
    expect([sent, audit]).toEqual([['mail b'], []]);
    await notify();
    expect(sent).toEqual(['mail b', 'pager a']);
  });

  it('waits as long as a receiver asks for, unless another channel failed that asks for nothing', async () => {
    const busy = new IncidentError('NOTIFICATION_FAILED', { retryAfterMs: 60_000 });
    const { notify } = world({ 'on-call': ON_CALL }, { failing: new Map([['pager', busy]]) });
    const both = world(
      { 'on-call': ON_CALL },
      {
        failing: new Map([
          ['pager', busy],
          ['mail', new IncidentError('NOTIFICATION_FAILED')],
        ]),
      },
    );

    await expect(notify()).rejects.toBe(busy);
    await expect(both.notify()).rejects.toMatchObject({ code: 'NOTIFICATION_FAILED', fields: {} });
    await expect(both.notify()).rejects.not.toBe(busy);
  });

  it('says NOTIFIER_UNKNOWN of a channel nobody configured', async () => {
    const { notify } = world({ 'on-call': [{ notifier: 'fax', target: '' }] });

    await expect(notify()).rejects.toMatchObject({ code: 'NOTIFIER_UNKNOWN' });
  });
});
