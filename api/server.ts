import type { KeyObject } from 'node:crypto';
import rateLimit from '@fastify/rate-limit';
import type { Client } from '@temporalio/client';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { ApiKeyStore } from '../activities/store/api-keys';
import type { ChildTokenStore } from '../activities/store/child-tokens';
import { isDatabaseAway } from '../activities/store/database';
import type { RequestLog } from '../activities/store/request-log';
import type { TokenStore } from '../activities/store/token-store';
import type { DenylistAnswer } from '../domain/denylist-answer';
import { IncidentError } from '../domain/errors';
import type { Inventory, KnownSecretStores, MovedByHand, SecretStore } from '../domain/ports/stores';
import type { Policy } from '../domain/policy';
import type { Subject } from '../domain/subject';
import type { UsageEvent } from '../domain/usage-event';
import { installApprovalRoutes } from './approval-routes';
import { authenticate, failureLimit } from './authenticate';
import { installCredentialRoutes } from './credential-routes';
import { installDenylistRoutes } from './denylist-routes';
import type { MapForeign } from './foreign-records';
import { installIncidentRoutes } from './incident-routes';
import { installFeedRoutes, type LeakFeeds } from './leak-feeds/feed-routes';
import type { LeakReportDesk } from './leak-report-desk';
import { installLeakReportRoutes } from './leak-report-routes';
import { installMovedRoutes } from './moved-routes';
import { openApiDocument } from './openapi';
import { problem } from './problem';
import { InvalidRequest } from './read-request';
import { installSecretRoutes } from './secret-routes';
import { installTokenRoutes } from './token-routes';
import { installUpdateRoutes } from './update-routes';
import { installUsageRoutes } from './usage-routes';

export interface ApiParts {
  readonly apiKeys: ApiKeyStore;
  readonly inventory: Inventory;
  readonly secrets: SecretStore;
  readonly stores: KnownSecretStores;
  readonly movedByHand: MovedByHand;
  readonly temporal: Client;
  readonly taskQueue: string;
  readonly policy: Policy;
  readonly requests: RequestLog;
  readonly reports: LeakReportDesk;
  /** Tokens of the api-token provider, from which their holders derive others. */
  readonly tokens: Pick<TokenStore, 'find'>;
  readonly childTokens: ChildTokenStore;
  /** A value's subject under every live fingerprint key, the one for new subjects first. */
  readonly fingerprintsOf: (value: string) => readonly [Subject, ...Subject[]];
  /** Resolves when the usage stream has all of them. */
  readonly storeUsage: (events: readonly UsageEvent[]) => Promise<void>;
  readonly mapForeign: MapForeign;
  /** Ed25519, private: what people's approvals are signed with. */
  readonly approvalKey: KeyObject;
  /** The denylist, as far as it can be vouched for. */
  readonly denylist: () => DenylistAnswer | undefined;
  /** Whether one of these is refused, in a lane or not; undefined while nobody can vouch for it. */
  readonly isContained: (subjects: readonly Subject[]) => boolean | undefined;
  /** Scanners' names of kinds of secrets that are public by design. */
  readonly publicTypes?: ReadonlySet<string>;
  /** Proxies whose X-Forwarded-For counts: without them all who come through one would share its limits. */
  readonly trustedProxies?: readonly string[];
  /** Scanners that push findings; none when none is configured. */
  readonly leakFeeds?: LeakFeeds | undefined;
  readonly log: Logger;
}

/** A credential's id, URL-encoded: three characters for one at worst. */
const MAX_PARAM_LENGTH = 3 * 128;

/** The HTTP API. Everything but `/healthz` and the description needs a key, a scanner's signature, or the token that another is derived from. The caller listens, on loopback by default. */
export function createApi(parts: ApiParts): FastifyInstance {
  const app = Fastify({
    bodyLimit: 1_048_576,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    trustProxy: [...(parts.trustedProxies ?? [])],
  });
  app.setErrorHandler((error, request, reply) => answerError(parts.log, error, request, reply));
  app.setNotFoundHandler((_request, reply) => problem(reply, 'ROUTE_UNKNOWN'));
  void app.register((open, _options, done) => {
    open.get('/healthz', () => ({ status: 'ok' }));
    const document = openApiDocument(parts.leakFeeds?.feeds);
    open.get('/v1/openapi.json', () => document);
    done();
  });
  const { leakFeeds, log } = parts;
  if (leakFeeds) void app.register((scope) => installFeedRoutes(scope, { ...leakFeeds, log }));
  void app.register((scope) => installTokenRoutes(scope, parts));
  void app.register(async (protectedApi) => {
    await protectedApi.register(rateLimit, { global: false });
    protectedApi.addHook('onRequest', authenticate(parts.apiKeys, failureLimit(protectedApi)));
    installCredentialRoutes(protectedApi, parts);
    installSecretRoutes(protectedApi, parts);
    installMovedRoutes(protectedApi, parts);
    installIncidentRoutes(protectedApi, parts);
    installApprovalRoutes(protectedApi, parts);
    installUpdateRoutes(protectedApi, parts);
    installUsageRoutes(protectedApi, parts);
    installLeakReportRoutes(protectedApi, parts);
    installDenylistRoutes(protectedApi, parts);
  });
  return app;
}

function answerError(log: Logger, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error instanceof InvalidRequest) return problem(reply, 'REQUEST_INVALID', { faults: error.faults });
  const status = (error as { statusCode?: unknown }).statusCode;
  if (status === 429) return problem(reply, 'RATE_LIMITED');
  // Fastify's own refusals: no JSON, too large, another media type. Its text may quote the body, so it is not passed on.
  if (!(error instanceof IncidentError) && typeof status === 'number' && status >= 400 && status < 500)
    return problem(reply, 'REQUEST_INVALID', { faults: [{ field: '', fault: 'the body can not be read' }] }, status);
  const code = error instanceof IncidentError ? error.code : isDatabaseAway(error) ? 'BACKEND_UNAVAILABLE' : 'INTERNAL';
  log.warn({ method: request.method, route: request.routeOptions.url, code }, 'a request failed');
  return problem(reply, code);
}
