import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { FEED_REPORTER } from '../domain/leak-feed';
import { LONGEST_REPORTED, subjectsOfReported } from '../domain/reported-value';
import { SEVERITIES } from '../domain/severity';
import { isSubject, type Subject } from '../domain/subject';
import { callerOf, onlyFor } from './authenticate';
import { noteLeakedKeys } from './note-leaked-keys';
import { openText, readRequest } from './read-request';
import type { ApiParts } from './server';

/** Names what leaked by its subject, or by the value itself. */
export const leakReportBody = z
  .strictObject({
    subject: z.custom<Subject>((value) => typeof value === 'string' && isSubject(value), 'not a subject').optional(),
    token: z.string().trim().min(8).max(LONGEST_REPORTED).optional(),
    /** A scanner's name of the kind of secret: then it is a scanner's word, whoever hands it in, and counts in an hour of that (`maxReportsPerHour`). */
    type: z.string().max(200).default(''),
    /** Where it was found; people read it. */
    source: openText(300),
    severity: z.enum(SEVERITIES).default('high'),
  })
  .refine(({ subject, token }) => (subject === undefined) !== (token === undefined), {
    message: 'name either a subject or a token',
    path: ['subject'],
  });

/** Takes in statements that a value is exposed. The value is fingerprinted here, and goes no further. */
export function installLeakReportRoutes(
  app: FastifyInstance,
  {
    apiKeys,
    reports,
    fingerprintsOf,
    publicTypes,
  }: Pick<ApiParts, 'apiKeys' | 'reports' | 'fingerprintsOf' | 'publicTypes'>,
): void {
  app.post('/v1/leak-reports', { onRequest: onlyFor('responder') }, async (request, reply) => {
    const body = readRequest(leakReportBody, request.body);
    const id = randomUUID();
    const { subject, token, type } = body;
    const reporter = type === '' ? callerOf(request).name : `${FEED_REPORTER}${callerOf(request).name}`;
    // Of a kind that is public by design nothing is done, whoever finds it.
    if (!publicTypes?.has(type)) {
      if (token !== undefined) await noteLeakedKeys(apiKeys, token, { source: body.source, reporter });
      await reports.take({
        id,
        subjects: [
          ...(subject === undefined ? [] : [subject]),
          ...(token === undefined ? [] : subjectsOfReported(token, fingerprintsOf)),
        ],
        source: body.source,
        severity: body.severity,
        reporter,
        receivedAt: Date.now(),
      });
    }
    // The same for a value that is ours and for one that is not: what exists here is nobody's business.
    return reply.code(202).send({ id, status: 'received' });
  });
}
