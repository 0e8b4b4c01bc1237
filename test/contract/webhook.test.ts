import Fastify from 'fastify';
import { createWebhookNotifier } from '../../activities/notifiers/webhook';
import { callContext } from '../support/call-context';
import { findSecrets } from '../support/secret-scan';
import { describeNotifier, type NotifierRig } from './notifier.contract';

const TOKEN = 'canary-webhook-token';

/** A real HTTP server; as with most chat systems, the URL is what lets one in. */
async function makeRig(): Promise<NotifierRig> {
  const received: string[] = [];
  let behaviour = 'deliver';
  const app = Fastify({ forceCloseConnections: true });
  app.post('/hooks/:token', async (request, reply) => {
    if (behaviour === 'hang') return new Promise(() => undefined);
    if (behaviour === 'fail') return reply.code(500).send({ echoed: request.url });
    received.push(JSON.stringify([request.headers['idempotency-key'], request.body]));
    return reply.code(204).send();
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });

  return {
    notifier: createWebhookNotifier(),
    target: `${url}/hooks/${TOKEN}`,
    received: () => Promise.resolve(received),
    async behave(as) {
      behaviour = as;
      if (as === 'gone') await app.close();
    },
    secrets: [TOKEN],
    logged: () => [],
    stop: () => app.close(),
  };
}

describeNotifier({ name: 'webhook', make: makeRig });

test('a target that is no URL stands in no error', async () => {
  const call = createWebhookNotifier().send(TOKEN, { title: 't', body: 'b', fields: {} }, 'key', callContext());

  const error: unknown = await call.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'NOTIFICATION_FAILED' });
  expect(findSecrets(error, [TOKEN])).toEqual([]);
});
