import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { withoutValues } from '../detectors/sources/without-values';
import { isAheadOfClock } from '../domain/ahead-of-clock';
import { holdsOurValue } from '../domain/token-format';
import { usageEvent, type UsageEvent } from '../domain/usage-event';
import { callerOf, onlyFor } from './authenticate';
import { readForeignRecords, recordsBody, type MapForeign } from './foreign-records';
import { faultsOf, InvalidRequest, readRequest, type Fault } from './read-request';
import type { ApiParts } from './server';

const MOST_EVENTS = 1000;

/** Only uses, not facts about subjects; and no probe marks: they make detectors look away. */
const reportedEvent = usageEvent.omit({ probe: true });
const usageBody = z.strictObject({ events: z.array(z.unknown()).min(1).max(MOST_EVENTS) });

/** Either our own events, or another system's records. */
export const usageRequest = z.union([
  z.strictObject({ events: z.array(reportedEvent).min(1).max(MOST_EVENTS) }),
  recordsBody,
]);

/** Takes in usage events from programs that see a credential's use. */
export function installUsageRoutes(
  app: FastifyInstance,
  { storeUsage, mapForeign, log }: Pick<ApiParts, 'storeUsage' | 'mapForeign' | 'log'>,
): void {
  app.post('/v1/usage', { onRequest: onlyFor('reporter') }, async (request, reply) => {
    const { events, ...rest } = isForeign(request.body)
      ? readRecords(request.body, mapForeign, Date.now())
      : { events: readEvents(readRequest(usageBody, request.body).events, Date.now()) };
    // Repeating is harmless: an event is known by its id.
    if (events.length > 0) await storeUsage(events);
    log.info({ caller: callerOf(request).name, count: events.length, ...rest }, 'usage taken in');
    return reply.code(202).send({ accepted: events.length, ...rest });
  });
}

function isForeign(body: unknown): boolean {
  return typeof body === 'object' && body !== null && ('records' in body || 'source' in body);
}

/** All or nothing, as with our own. @throws InvalidRequest that names every fault by the index of its record */
function readRecords(
  body: unknown,
  mapForeign: MapForeign,
  now: number,
): { readonly events: readonly UsageEvent[]; readonly ignored: number } {
  const { events, ignored, faults } = readForeignRecords(readRequest(recordsBody, body), mapForeign);
  const ahead = events.filter(({ event }) => isAheadOfClock(event.at, now)).map(({ index }) => aheadOfTime(index));
  if (faults.length + ahead.length > 0) throw new InvalidRequest([...faults, ...ahead]);
  return { events: events.map(({ event }) => event), ignored };
}

function aheadOfTime(index: number): Fault {
  return { index, field: 'at', fault: 'lies in the future' };
}

/** All or nothing. @throws InvalidRequest that names every fault by the index of its event */
function readEvents(items: readonly unknown[], now: number): readonly UsageEvent[] {
  const faults: Fault[] = [];
  const events: UsageEvent[] = [];
  items.forEach((item, index) => {
    const parsed = reportedEvent.safeParse(item);
    if (!parsed.success) faults.push(...faultsOf(parsed.error, index));
    else if (isAheadOfClock(parsed.data.at, now)) faults.push(aheadOfTime(index));
    else if (holdsOurValue(parsed.data.subject))
      faults.push({ index, field: 'subject', fault: 'holds a secret value' });
    else events.push(withoutValues(parsed.data));
  });
  if (faults.length > 0) throw new InvalidRequest(faults);
  return events;
}
