import { IncidentError } from '../../domain/errors';
import { isSafeAddress } from '../../domain/safe-to-fetch';

/** Where a notice is posted to. */
export interface WebTarget {
  readonly url: string;
  /** What stands after `#`: what lets us in, or signs; it is no part of the address that is asked for. */
  readonly key: string;
}

/** Reads a target that `webTargetFault` finds nothing wrong with. @throws IncidentError NOTIFICATION_FAILED of what is no URL */
export function readWebTarget(target: string): WebTarget {
  // The error of the URL parser quotes it.
  if (!URL.canParse(target)) throw new IncidentError('NOTIFICATION_FAILED', { target: 'is no URL' });
  const url = new URL(target);
  const key = url.hash.slice(1);
  url.hash = '';
  return { url: url.toString(), key };
}

/** What is wrong with a target; quotes nothing of it, since it is a secret. `key` is what has to stand after `#`. */
export function webTargetFault(
  target: string,
  key?: { readonly is: RegExp; readonly called: string },
): string | undefined {
  if (!isSafeAddress(target)) return 'is no https:// URL';
  const { key: found } = readWebTarget(target);
  if (key && !key.is.test(found)) return `does not end with # and ${key.called}`;
  return !key && found !== '' ? 'has something after #, which nobody would get' : undefined;
}
