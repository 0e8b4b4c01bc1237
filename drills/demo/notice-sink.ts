import { randomBytes } from 'node:crypto';
import Fastify from 'fastify';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { AUDIENCES, type Audience } from '../../domain/ports/notifier';

const message = z.object({
  data: z.object({ title: z.string(), body: z.string(), fields: z.record(z.string(), z.string()) }),
});

export interface ReceivedNotice {
  readonly audience: Audience;
  readonly kind: string;
  readonly credential: string;
  readonly at: number;
}

/** Stand-in for the channels of three audiences, which can't be had here: it receives what the webhook notifier really sends. */
export interface NoticeSink {
  readonly received: readonly ReceivedNotice[];
  urlOf(audience: Audience): string;
  close(): Promise<void>;
}

export async function startNoticeSink(): Promise<NoticeSink> {
  const received: ReceivedNotice[] = [];
  const seen = new Set<string>();
  const key = `whsec_${randomBytes(32).toString('base64')}`;
  const webhook = new Webhook(key);
  const app = Fastify();
  // As it came: what is signed are the bytes.
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  app.post('/:audience', (request, reply) => {
    const audience = AUDIENCES.find((one) => one === (request.params as { audience?: string }).audience);
    const parsed = message.safeParse(webhook.verify(String(request.body), request.headers as Record<string, string>));
    if (!audience || !parsed.success) return reply.code(400).send();
    const id = String(request.headers['webhook-id']);
    const { kind = '', credential = '' } = parsed.data.data.fields;
    if (!seen.has(id)) received.push({ audience, kind, credential, at: Date.now() });
    seen.add(id);
    return reply.code(204).send();
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { received, urlOf: (audience) => `${url}/${audience}#${key}`, close: () => app.close() };
}
