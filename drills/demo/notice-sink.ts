import Fastify from 'fastify';
import { z } from 'zod';
import { AUDIENCES, type Audience } from '../../domain/ports/notifier';

const notice = z.object({ title: z.string(), body: z.string(), fields: z.record(z.string(), z.string()) });

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
  const app = Fastify();
  app.post('/:audience', (request, reply) => {
    const audience = AUDIENCES.find((one) => one === (request.params as { audience?: string }).audience);
    const parsed = notice.safeParse(request.body);
    if (!audience || !parsed.success) return reply.code(400).send();
    const key = String(request.headers['idempotency-key']);
    const { kind = '', credential = '' } = parsed.data.fields;
    if (!seen.has(key)) received.push({ audience, kind, credential, at: Date.now() });
    seen.add(key);
    return reply.code(204).send();
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { received, urlOf: (audience) => `${url}/${audience}`, close: () => app.close() };
}
