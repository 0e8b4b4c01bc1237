import type { FastifyReply } from 'fastify';
import { nextStep, type ErrorCode } from '../domain/errors';
import type { Fault } from './read-request';

/** What is the caller's affair, by code; every other failure is ours, 500. */
const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  REQUEST_INVALID: 400,
  UNAUTHENTICATED: 401,
  FEED_UNVERIFIED: 401,
  FEED_REPLAYED: 409,
  ROLE_INSUFFICIENT: 403,
  SECRET_ACCESS_DENIED: 403,
  CREDENTIAL_UNKNOWN: 404,
  VERSION_UNKNOWN: 404,
  DEPENDENT_UNKNOWN: 404,
  SECRET_NOT_FOUND: 404,
  INCIDENT_UNKNOWN: 404,
  ROUTE_UNKNOWN: 404,
  APPROVAL_REFUSED: 403,
  NOTHING_TO_APPROVE: 409,
  CREDENTIAL_DIFFERS: 409,
  REGISTRATION_RUNNING: 409,
  PROVIDER_UNAVAILABLE: 503,
  INCIDENT_EXISTS: 409,
  VERSION_NOT_LIVE: 409,
  IDEMPOTENCY_KEY_REUSED: 422,
  RATE_LIMITED: 429,
  BACKEND_UNAVAILABLE: 503,
  SECRET_STORE_UNAVAILABLE: 503,
  DENYLIST_STALE: 503,
};

export interface ProblemFacts {
  readonly incident?: string;
  readonly faults?: readonly Fault[];
}

export interface Problem extends ProblemFacts {
  readonly type: 'about:blank';
  readonly title: ErrorCode;
  readonly status: number;
  readonly code: ErrorCode;
  readonly detail: string;
}

export function statusOf(code: ErrorCode): number {
  return STATUS[code] ?? 500;
}

/** An error in the form of RFC 9457, with our stable code and what to do next. */
export function problemBody(code: ErrorCode, facts: ProblemFacts = {}, status = statusOf(code)): Problem {
  return { type: 'about:blank', title: code, status, code, detail: nextStep(code), ...facts };
}

export function problem(reply: FastifyReply, code: ErrorCode, facts: ProblemFacts = {}, status?: number): FastifyReply {
  const body = problemBody(code, facts, status);
  return reply.code(body.status).type('application/problem+json').send(body);
}
