import type { FastifyReply } from 'fastify';
import { nextStep, type ErrorCode } from '../domain/errors';

/** An error in the form of RFC 9457, with our stable code and what to do next. */
export function problem(reply: FastifyReply, status: number, code: ErrorCode): FastifyReply {
  return reply
    .code(status)
    .type('application/problem+json')
    .send({ type: 'about:blank', title: code, status, code, detail: nextStep(code) });
}
