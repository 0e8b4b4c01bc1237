import pino, { type Logger } from 'pino';

/** One JSON line an event on standard output. Callers pass ids and counts, never whole objects: those may hold a value. */
export function createLog(role: string, level: string): Logger {
  return pino({ level, base: { role }, timestamp: pino.stdTimeFunctions.isoTime });
}

/** What of an error may be logged: drivers put values, rows and addresses into the rest. */
export function errorLabel(error: unknown): { readonly error: string; readonly code?: string } {
  if (!(error instanceof Error)) return { error: typeof error };
  const code =
    'code' in error && typeof error.code === 'string' && /^\w{1,64}$/.test(error.code) ? error.code : undefined;
  return { error: error.name, ...(code === undefined ? {} : { code }) };
}
