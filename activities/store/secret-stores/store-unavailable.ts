import { readFile } from 'node:fs/promises';
import { IncidentError, type ErrorFields } from '../../../domain/errors';
import { retryAfterOfAws } from '../../retry-after';
import { systemCode } from '../../system-code';
import { withDeadline } from '../../with-deadline';
import { nameOf } from '../../../domain/name-of';

/** What a provider does with a value is a handful of calls, and one attempt of a step may take 10 s (workflows/lib/time-limits.ts). */
const TIMEOUT_MS = 5_000;

/** No cause: messages of drivers quote addresses, names and what was sent. */
export function unavailable(store: string, fields: ErrorFields): IncidentError {
  return new IncidentError('SECRET_STORE_UNAVAILABLE', { store, ...fields });
}

/**
 * Ends a call of a store after five seconds, also when what it waits for can't be told to stop. @throws IncidentError as `call` does; any other
 * failure of it is SECRET_STORE_UNAVAILABLE
 */
export async function inTime<T>(store: string, name: string, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  try {
    return await withDeadline(TIMEOUT_MS, new AbortController().signal, (signal) => {
      const late = new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(unavailable(store, { call: name, reply: 'none in time' })));
      });
      return Promise.race([call(signal), late]);
    });
  } catch (error) {
    if (error instanceof IncidentError) throw error;
    throw unavailable(store, { call: name, reply: wordOf(error), ...retryAfterOfAws(error) });
  }
}

/** What lets us in, as it stands in its file now. @throws IncidentError SECRET_STORE_UNAVAILABLE */
export async function readAccess(store: string, file: string, is = /^[\x21-\x7e]+$/): Promise<string> {
  const text = await readFile(file, 'utf8').then(
    (read) => read.trim(),
    () => '',
  );
  if (!is.test(text)) throw unavailable(store, { reply: 'the file of what lets us in holds nothing of the kind' });
  return text;
}

/** Nothing of its text. */
function wordOf(error: unknown): string {
  return systemCode(error) ?? nameOf(error);
}
