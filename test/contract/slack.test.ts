import { createSlackNotifier } from '../../activities/notifiers/slack';
import { callContext } from '../support/call-context';
import { startNoticeReceiver } from '../support/notice-receiver';
import { describeNotifier, type NotifierRig } from './notifier.contract';

const TOKEN = 'canary-slack-token';

/** Stand-in for Slack's incoming webhooks, which answer 200 and "ok". */
async function makeRig(): Promise<NotifierRig> {
  const receiver = await startNoticeReceiver(200);
  return {
    ...receiver,
    notifier: createSlackNotifier(),
    target: `${receiver.url}/services/T0/B0/${TOKEN}`,
    badTargets: [TOKEN, `http://hooks.example/${TOKEN}`, `https://hooks.example/services#${TOKEN}`],
    received: receiver.texts,
    secrets: [TOKEN],
    logged: () => [],
  };
}

describeNotifier({ name: 'slack', make: makeRig });

test('what an attacker wrote calls nobody and makes no link, and nothing is longer than Slack takes', async () => {
  const receiver = await startNoticeReceiver(200);
  const hostile = '<!channel> <https://evil.example|reset your password>';
  const notice = {
    title: `${hostile} ${'t'.repeat(200)}`,
    body: `${hostile}\n${'b'.repeat(4_000)}`,
    fields: { credential: hostile, url: 'http://temporal.example/?a=1&b=2' },
  };
  await createSlackNotifier().send(receiver.url, notice, 'key', callContext());

  const message = JSON.parse(receiver.received[0]?.text ?? '') as { text: string; blocks: unknown[] };
  await receiver.stop();
  const texts = textsOf(message.blocks);
  expect(texts.filter(({ type }) => type === 'mrkdwn').map(({ text }) => text)).toEqual([
    '<http://temporal.example/?a=1&amp;b=2|Open in Temporal>',
  ]);
  expect(message.text).not.toMatch(/[<>]/);
  expect(Math.max(...texts.map(({ text }) => text.length))).toBe(3_000);
  expect(texts[0]?.text).toHaveLength(150);
});

function textsOf(value: unknown): readonly { readonly type: string; readonly text: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'text' in value && typeof value.text === 'string' ? [value as { type: string; text: string }] : [];
  return [...own, ...Object.values(value).flatMap(textsOf)];
}
