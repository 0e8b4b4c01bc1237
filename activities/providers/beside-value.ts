import type { SecretRef } from '../../domain/credential';
import type { SecretStore } from '../../domain/ports/stores';
import { unlessMissing } from './unless-missing';

/** After which no attempt stores a value any more: storing takes 15 s at most (activities/store/database.ts), and hosts differ about the time. */
export const LOST_AFTER_MS = 30_000;

/**
 * A place beside the one where a version's value is kept, which no dependent may read: `asking`, before a value is asked for that is shown once; `ended`, before it is
 * ended for good; `registration`, `last-token` and `gone` of an OAuth client; `refused`, before a secret of Keycloak's is taken away.
 */
export function beside(
  { path, ...rest }: SecretRef,
  name: 'asking' | 'ended' | 'registration' | 'last-token' | 'gone' | 'refused',
): SecretRef {
  return { ...rest, path: `${path}/${name}` };
}

/** What stands there; undefined where nothing does. */
export function readBeside(
  secrets: SecretStore,
  ref: SecretRef,
  name: Parameters<typeof beside>[1],
): Promise<string | undefined> {
  return unlessMissing(() => secrets.get(beside(ref, name)));
}

/** Whether a version was asked for whose value is not stored yet. */
export async function isAskedFor(secrets: SecretStore, ref: SecretRef): Promise<boolean> {
  return (await readBeside(secrets, ref, 'asking')) !== undefined;
}
