import { publicIdSubject, type Subject } from './subject';
import { natsSeed } from './secret-material';

/** Of a user or a role's session, as IAM writes it. */
const ACCESS_KEY_ID = /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/g;
/** An access key as scanners join it: id, a separator, secret. */
const ACCESS_KEY = /^(?:AKIA|ASIA)[A-Z2-7]{16}[:,\s]+(?<secret>[A-Za-z0-9/+]{40})$/;

/** A longer value is none of ours, whatever it is: a file that was taken for one. */
export const LONGEST_REPORTED = 4_096;

/**
 * Every subject that a value which somebody found may be known by. Scanners report what they matched: the value, a connection string around it, or an id beside it. `fingerprintsOf`: of a value,
 * under each live key.
 */
export function subjectsOfReported(
  found: string,
  fingerprintsOf: (value: string) => readonly Subject[],
): readonly Subject[] {
  if (found.length > LONGEST_REPORTED) return [];
  const values = [found, passwordIn(found), ACCESS_KEY.exec(found)?.groups?.['secret'], natsSeed(found)];
  const ids = [...found.matchAll(ACCESS_KEY_ID)].map(([id]) => publicIdSubject('aws-access-key', id));
  const fingerprints = values.flatMap((value) => (value === undefined || value === '' ? [] : fingerprintsOf(value)));
  return [...new Set([...ids, ...fingerprints])];
}

/** The password of a connection string such as `postgres://user:password@host1,host2/db` or `jdbc:postgresql://host/db?password=…`, also where it is no URL that could be parsed. */
function passwordIn(text: string): string | undefined {
  const password =
    /^[a-z][a-z0-9+.:-]*:\/\/[^:@/?#\s]*:(?<password>.+)@[^@\s]*$/i.exec(text)?.groups?.['password'] ??
    /[?&;\s]password=(?<password>[^&;\s]+)/i.exec(text)?.groups?.['password'];
  try {
    return password && decodeURIComponent(password);
  } catch {
    return password;
  }
}
