import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { createWebhookNotifier } from '../../activities/notifiers/webhook';
import { callContext } from '../support/call-context';
import { startNoticeReceiver } from '../support/notice-receiver';
import { findSecrets } from '../support/secret-scan';
import { describeNotifier, type NotifierRig } from './notifier.contract';

const TOKEN = 'canary-webhook-token';
const KEY = randomBytes(32).toString('base64');

/** As with most chat systems, the URL is what lets one in. What is not signed as the standard says is no notice. */
async function makeRig(): Promise<NotifierRig> {
  const receiver = await startNoticeReceiver(204);
  const webhook = new Webhook(KEY);

  return {
    ...receiver,
    notifier: createWebhookNotifier(),
    target: `${receiver.url}/hooks/${TOKEN}#whsec_${KEY}`,
    badTargets: [TOKEN, `http://hooks.example/${TOKEN}#whsec_${KEY}`, `https://hooks.example/${TOKEN}`],
    received: () =>
      Promise.resolve(
        receiver.received.map(({ text, headers }) =>
          JSON.stringify(webhook.verify(text, headers as Record<string, string>)),
        ),
      ),
    secrets: [TOKEN, KEY],
    logged: () => [],
  };
}

describeNotifier({ name: 'webhook', make: makeRig });

test('a repetition has the same id, and what is not said by us is not verified', async () => {
  const rig = await startNoticeReceiver(204);
  const notice = { title: 't', body: 'b', fields: { kind: 'contained' } };
  for (const key of ['one', 'one', 'two'])
    await createWebhookNotifier().send(`${rig.url}/#whsec_${KEY}`, notice, key, callContext());

  const ids = rig.received.map(({ headers }) => headers['webhook-id']);
  const [first] = rig.received;
  await rig.stop();
  expect([ids[0] === ids[1], ids[1] === ids[2]]).toEqual([true, false]);
  expect(() => new Webhook(KEY).verify(`${first?.text} `, (first?.headers ?? {}) as Record<string, string>)).toThrow();
});

test('a target that is no URL stands in no error', async () => {
  const call = createWebhookNotifier().send(TOKEN, { title: 't', body: 'b', fields: {} }, 'key', callContext());

  const error: unknown = await call.catch((thrown: unknown) => thrown);

  expect(error).toMatchObject({ code: 'NOTIFICATION_FAILED' });
  expect(findSecrets(error, [TOKEN])).toEqual([]);
});
