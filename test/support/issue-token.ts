import type { Database } from '../../activities/store/database';
import { createTokenStore } from '../../activities/store/token-store';
import { fingerprint, type FingerprintKey } from '../../domain/fingerprint';
import type { Subject } from '../../domain/subject';
import { TEST_FINGERPRINT_KEYS } from './fingerprint-keys';

export interface IssuedToken {
  readonly token: string;
  readonly subject: Subject;
}

/** A token that its issuer knows as good, and nobody else. */
export async function issueToken(
  database: Database,
  publicId: string,
  key: FingerprintKey = TEST_FINGERPRINT_KEYS[0],
): Promise<IssuedToken> {
  const token = `${publicId}-value`;
  const subject = fingerprint(token, key);
  await createTokenStore(database).insert(subject, { publicId, principal: 'reports', scopes: [], state: 'active' });
  return { token, subject };
}
