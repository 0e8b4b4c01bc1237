import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { PRINCIPAL_HEADER, PROBE_HEADER, SCOPES_HEADER } from '../domain/gateway-headers';
import { scopeLine } from '../domain/oauth-scope';
import { clientAddress, type ProxyList } from './client-address';
import type { GatewayDecision, GatewayRequest } from './gateway';

/** What a request asks for, where that is not what its first line says: behind an authorizing proxy, or a router. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly route?: string;
}

/** A request as every framework on Node has it, in the form the gateway asks about. */
export function gatewayRequest(message: IncomingMessage, isProxy: ProxyList, asked: Asked): GatewayRequest {
  return {
    token: bearerToken(message),
    address: clientAddress(message.socket.remoteAddress ?? '', headerText(message, 'x-forwarded-for'), isProxy),
    agent: headerText(message, 'user-agent') ?? '',
    probeMark: headerText(message, PROBE_HEADER),
    method: asked.method,
    path: asked.path,
    route: asked.route ?? asked.path,
  };
}

/** What the protected service is told. Both are always there. */
export function foundHeaders({ principal, scopes }: Extract<GatewayDecision, { allowed: true }>) {
  return { [PRINCIPAL_HEADER]: principal, [SCOPES_HEADER]: scopeLine(scopes) };
}

/**
 * Writes into a request what the gateway found. What the client claims to be is overwritten, under names with underscores too, which many a service takes for
 * the same; and it can't name ours in `Connection`, by which it would have a proxy behind us drop them (RFC 9110, 7.6.1).
 */
export function tellService(headers: IncomingHttpHeaders, decision: Extract<GatewayDecision, { allowed: true }>): void {
  const found = foundHeaders(decision);
  for (const name of Object.keys(headers)) if (Object.hasOwn(found, name.replaceAll('_', '-'))) delete headers[name];
  if (headers.connection !== undefined)
    headers.connection = headers.connection
      .split(',')
      .filter((name) => !Object.hasOwn(found, name.trim().toLowerCase().replaceAll('_', '-')))
      .join(',');
  Object.assign(headers, found);
}

export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON of an RFC 9457 problem. */
  readonly body: string;
}

/** RFC 6750 section 3: the reason is for the caller; who is contained, and why, is not said. */
export function refusalOf(decision: Extract<GatewayDecision, { allowed: false }>): Refusal {
  const { status } = decision;
  const headers = { 'content-type': 'application/problem+json', connection: 'close' };
  if (decision.reason === 'stale')
    return {
      status,
      headers: { ...headers, 'retry-after': String(decision.retryAfterSeconds) },
      body: problem('Service Unavailable', status, 'GATEWAY_STALE'),
    };
  const challenge = decision.reason === 'missing' ? 'Bearer' : 'Bearer error="invalid_token"';
  return {
    status,
    headers: { ...headers, 'www-authenticate': challenge },
    body: problem('Unauthorized', status, 'CREDENTIAL_REFUSED'),
  };
}

function problem(title: string, status: number, code: string): string {
  return JSON.stringify({ type: 'about:blank', title, status, code });
}

function bearerToken(message: IncomingMessage): string | undefined {
  return /^Bearer (?<token>[\x21-\x7e]{1,4096})$/i.exec(message.headers.authorization ?? '')?.groups?.['token'];
}

export function headerText(message: IncomingMessage, name: string): string | undefined {
  const value = message.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

/** The path without its query: a query may hold anything, so it never gets into an event. */
export function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? url;
}
