import pino, { type Logger } from 'pino';

/** One JSON line an event on standard output. Callers pass ids and counts, never whole objects: those may hold a value. */
export function createLog(role: string, level: string): Logger {
  return pino({ level, base: { role }, timestamp: pino.stdTimeFunctions.isoTime });
}
