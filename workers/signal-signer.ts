import type { SignalSigner } from '../activities/notifiers/signal-signer';
import { IncidentError } from '../domain/errors';
import { readPrivateKey } from './keys';
import type { Settings } from './settings';

/** Who signs security event tokens, where the settings name anybody. @throws IncidentError CONFIG_INVALID */
export function readSignalSigner({ sharedSignals }: Settings): SignalSigner | undefined {
  if (!sharedSignals) return undefined;
  const key = readPrivateKey(sharedSignals.keyFile);
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = key;
  const isStrong =
    type === 'ed25519' ||
    (type === 'ec' && details.namedCurve === 'prime256v1') ||
    (type === 'rsa' && (details.modulusLength ?? 0) >= 2_048);
  if (!isStrong)
    throw new IncidentError('CONFIG_INVALID', {
      faults: ['sharedSignals.keyFile: is no key of P-256, RSA of 2,048 bits or more, or Ed25519'],
    });
  return { issuer: sharedSignals.issuer, key };
}
