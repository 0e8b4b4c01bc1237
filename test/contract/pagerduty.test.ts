import { createPagerDutyNotifier } from '../../activities/notifiers/pagerduty';
import { callContext } from '../support/call-context';
import { startNoticeReceiver } from '../support/notice-receiver';
import { describeNotifier, type NotifierRig } from './notifier.contract';

const KEY = 'canary0integration0key0123456789';

/** Stand-in for PagerDuty's Events API v2, which answers 202. */
async function makeRig(): Promise<NotifierRig> {
  const receiver = await startNoticeReceiver(202);
  return {
    ...receiver,
    notifier: createPagerDutyNotifier(),
    target: `${receiver.url}/v2/enqueue#${KEY}`,
    badTargets: [KEY, `http://events.example/v2/enqueue#${KEY}`, `https://events.example/${KEY}`],
    received: () => Promise.resolve(receiver.received.map(({ text }) => text.replace(`"routing_key":"${KEY}"`, ''))),
    secrets: [KEY],
    logged: () => [],
  };
}

describeNotifier({ name: 'pagerduty', make: makeRig });

test('an incident is one alert, which begins at its severity and ends when it is resolved', async () => {
  const receiver = await startNoticeReceiver(202);
  const fields = { incident: 'incident/orders-db/1', severity: 'high', url: 'http://temporal.example/incident' };
  for (const kind of ['contained', 'person-needed', 'unresolved', 'resolved'])
    await createPagerDutyNotifier().send(
      `${receiver.url}/v2/enqueue#${KEY}`,
      { title: kind, body: 'b', fields: { ...fields, kind } },
      kind,
      callContext(),
    );

  const events = receiver.received.map(({ text }) => JSON.parse(text) as Record<string, unknown>);
  await receiver.stop();
  expect(events.map((event) => [event['routing_key'], event['event_action'], event['dedup_key']])).toEqual([
    [KEY, 'trigger', 'incident/orders-db/1'],
    [KEY, 'trigger', 'incident/orders-db/1'],
    [KEY, 'trigger', 'incident/orders-db/1'],
    [KEY, 'resolve', 'incident/orders-db/1'],
  ]);
  expect(events[0]).toMatchObject({
    payload: { summary: 'contained', source: 'tourniquet', severity: 'error' },
    links: [{ href: 'http://temporal.example/incident' }],
  });
});
