import { createTeamsNotifier } from '../../activities/notifiers/teams';
import { callContext } from '../support/call-context';
import { startNoticeReceiver } from '../support/notice-receiver';
import { describeNotifier, type NotifierRig } from './notifier.contract';

const TOKEN = 'canary-teams-token';

/** Stand-in for a workflow of Microsoft Teams, which answers 202. */
async function makeRig(): Promise<NotifierRig> {
  const receiver = await startNoticeReceiver(202);
  return {
    ...receiver,
    notifier: createTeamsNotifier(),
    target: `${receiver.url}/workflows/1/triggers/manual/paths/invoke?sig=${TOKEN}`,
    badTargets: [TOKEN, `http://teams.example/${TOKEN}`, `https://teams.example/#${TOKEN}`],
    received: receiver.texts,
    secrets: [TOKEN],
    logged: () => [],
  };
}

describeNotifier({ name: 'teams', make: makeRig });

test('is an Adaptive Card with one link, to the incident; what an attacker wrote is no Markdown', async () => {
  const receiver = await startNoticeReceiver(202);
  const body = 'Evidence: [reset your password](https://evil.example)\nIncident: open';
  const notice = { title: 't', body, fields: { credential: 'orders-db', url: 'http://temporal.example/incident' } };
  await createTeamsNotifier().send(receiver.url, notice, 'key', callContext());

  const { type, attachments } = JSON.parse(receiver.received[0]?.text ?? '') as {
    type: string;
    attachments: { contentType: string; content: { type: string; body: { type: string }[]; actions: unknown[] } }[];
  };
  await receiver.stop();
  const [card] = attachments;
  expect([type, card?.contentType, card?.content.type]).toEqual([
    'message',
    'application/vnd.microsoft.card.adaptive',
    'AdaptiveCard',
  ]);
  expect(card?.content.actions).toEqual([
    { type: 'Action.OpenUrl', title: 'Open in Temporal', url: 'http://temporal.example/incident' },
  ]);
  expect([...new Set(card?.content.body.map((block) => block.type))]).toEqual(['RichTextBlock']);
});
