import type { Credential } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';

/** The settings of the account that a credential is of. @throws IncidentError PROVIDER_UNKNOWN */
export function accountOf<S>(
  accounts: ReadonlyMap<string, S>,
  provider: string,
  { account }: Pick<Credential, 'account'>,
): S {
  const settings = accounts.get(account);
  if (!settings) throw new IncidentError('PROVIDER_UNKNOWN', { provider, account });
  return settings;
}
