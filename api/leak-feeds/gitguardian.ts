import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { readRequest } from '../read-request';
import { parseSigned } from './parse-signed';
import type { LeakFeed } from './feed';

/** GitGuardian says "more than a few seconds"; clocks differ by some, too. */
const WINDOW_MS = 60_000;

/** An event of a custom webhook; values stay with GitGuardian, which sends the hash of HasMySecretLeaked. */
const event = z.object({
  action: z.string().max(100).default(''),
  /** Of what is told of, not of the delivery: a delivery that is tried again has the same. */
  timestamp: z.string().max(100).default(''),
  incident: z
    .object({
      hmsl_hash: z
        .string()
        .regex(/^[0-9a-f]{64}$/)
        .nullish(),
      gitguardian_url: z.string().max(2000).nullish(),
      detector: z.object({ name: z.string().max(200).nullish() }).nullish(),
    })
    .nullish(),
});

/** The first word of an incident. What it is told on again (a new occurrence, a regression) is news, also where it was called a false alarm before. */
const FIRST = 'incident_triggered';

/** What happens to an incident at GitGuardian later on is no leak. */
const NO_FINDING = /resolv|ignor|assign|access|shar|note|severity|validity/i;

/** GitGuardian's findings, signed with HMAC-SHA256 under timestamp and token joined, over the raw body. */
export function gitguardianFeed(signatureToken: string): LeakFeed {
  return {
    id: 'gitguardian',
    proofHeaders: ['Gitguardian-Signature', 'Timestamp'],
    signedHeaders: ['timestamp'],

    verify(headers, body, now) {
      const [signature, timestamp] = [headers['gitguardian-signature'], headers['timestamp']];
      if (typeof signature !== 'string' || typeof timestamp !== 'string' || !/^\d{1,12}(\.\d{1,9})?$/.test(timestamp))
        return Promise.resolve(false);
      const isNow = Math.abs(now - Number(timestamp) * 1000) <= WINDOW_MS;
      const expected = createHmac('sha256', `${timestamp}${signatureToken}`).update(body).digest();
      const given = Buffer.from(/^sha256=(?<hex>[0-9a-f]{64})$/.exec(signature)?.groups?.['hex'] ?? '', 'hex');
      return Promise.resolve(isNow && given.length === expected.length && timingSafeEqual(given, expected));
    },

    read(body) {
      const { action, timestamp, incident } = readRequest(event, parseSigned(body));
      if (!incident?.hmsl_hash || NO_FINDING.test(action)) return [];
      return [
        {
          secret: { hmsl: incident.hmsl_hash },
          type: incident.detector?.name ?? 'unknown',
          place: incident.gitguardian_url ?? 'GitGuardian',
          ...(action === FIRST ? {} : { occasion: `${action} ${timestamp}` }),
        },
      ];
    },
  };
}
