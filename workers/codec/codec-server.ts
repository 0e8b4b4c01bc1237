import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { PayloadCodec } from '@temporalio/common';
import { problem } from '../../api/problem';
import { IncidentError } from '../../domain/errors';
import { type CodecAccess, SESSION_COOKIE, SESSION_MS } from './codec-access';
import { payloadsMessage, payloadsToJson } from './payload-json';

/** Temporal takes at most 4 MiB in one message; base64 makes a third more of it. */
const BODY_LIMIT = 6 * 1024 * 1024;
const PREFLIGHT_SECONDS = 600;

export interface CodecServerOptions {
  readonly codec: PayloadCodec;
  readonly access: CodecAccess;
  /** Where the Web UI is; pages from anywhere else get nothing. */
  readonly uiUrl: string;
}

/**
 * Temporal's remote codec protocol: POST …/decode and …/encode. Nothing is decoded without a credential (codec-access.ts); requests
 * that name another host (DNS rebinding) or come from another page than the Web UI are refused before that is looked at.
 */
export function createCodecServer({ codec, access, uiUrl }: CodecServerOptions): FastifyInstance {
  const app = Fastify({ bodyLimit: BODY_LIMIT, forceCloseConnections: true });
  const origins = originsOf(uiUrl);

  // First: a container's health check names no host of ours.
  app.get('/healthz', () => ({ status: 'ok' }));

  app.addHook('onRequest', async (request, reply) => {
    if (request.url === '/healthz') return undefined;
    if (!isLoopbackName(request.host)) return problem(reply, 'CODEC_HOST_REFUSED', {}, 421);
    const { origin } = request.headers;
    if (origin === undefined) return undefined;
    if (!origins.includes(origin)) return problem(reply, 'CODEC_ORIGIN_REFUSED', {}, 403);
    void reply.headers({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      vary: 'Origin',
    });
    return undefined;
  });

  app.options('/*', async (_request, reply) =>
    reply
      .headers({
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'Authorization, Authorization-Extras, Content-Type, X-Namespace',
        'access-control-max-age': PREFLIGHT_SECONDS,
      })
      .code(204)
      .send(),
  );

  app.get<{ Params: { ticket: string } }>('/login/:ticket', async (request, reply) => {
    const session = access.logIn(request.params.ticket, Date.now());
    if (session === undefined) return problem(reply, 'CODEC_LINK_INVALID', {}, 403);
    return reply
      .header(
        'set-cookie',
        `${SESSION_COOKIE}=${session}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${SESSION_MS / 1000}`,
      )
      .header('cache-control', 'no-store')
      .redirect(uiUrl, 303);
  });

  for (const name of ['decode', 'encode'] as const) {
    const run = (request: FastifyRequest, reply: FastifyReply, capability?: string) =>
      transform(request, reply, capability, (payloads) => codec[name](payloads));
    app.post(`/${name}`, (request, reply) => run(request, reply));
    app.post<{ Params: { capability: string } }>(`/with/:capability/${name}`, (request, reply) =>
      run(request, reply, request.params.capability),
    );
  }

  app.setNotFoundHandler((_request, reply) => problem(reply, 'ROUTE_UNKNOWN'));
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof IncidentError) return problem(reply, error.code, {}, error.code === 'INTERNAL' ? 500 : 422);
    const status = (error as { statusCode?: number }).statusCode ?? 500;
    return status < 500 ? problem(reply, 'REQUEST_INVALID', {}, status) : problem(reply, 'INTERNAL');
  });
  return app;

  async function transform(
    request: FastifyRequest,
    reply: FastifyReply,
    capability: string | undefined,
    work: PayloadCodec['decode'],
  ): Promise<unknown> {
    const { authorization, cookie } = request.headers;
    if (!access.allows({ authorization, cookie, capability }, Date.now()))
      return problem(reply, 'CODEC_UNAUTHENTICATED', {}, 401);
    const message = payloadsMessage.safeParse(request.body);
    if (!message.success) return problem(reply, 'REQUEST_INVALID');
    return reply.header('cache-control', 'no-store').send(payloadsToJson(await work(message.data.payloads)));
  }
}

/** The two names a person may open a local Web UI by are one place. */
function originsOf(uiUrl: string): readonly string[] {
  const { origin } = new URL(uiUrl);
  return [origin, origin.replace('//127.0.0.1', '//localhost')];
}

function isLoopbackName(host: string): boolean {
  return /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i.test(host);
}
