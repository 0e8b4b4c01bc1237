import { IncidentError } from '../../domain/errors';

/** What a secret store gives, or undefined where it has no such value. */
export async function unlessMissing<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof IncidentError && error.code === 'SECRET_NOT_FOUND') return undefined;
    throw error;
  }
}
