import type { AwsAccessKeyMaterial } from '../../domain/secret-material';
import type { ManagedCredential } from './managed-credential';
import { ResilientClient, type ResilientOptions } from './resilient-client';

/** Codes by which AWS says that it does not take a key. A right that is missing is another matter: `AccessDenied` is none of them. */
const REFUSED: readonly string[] = [
  'InvalidClientTokenId',
  'InvalidAccessKeyId',
  'UnrecognizedClientException',
  'SignatureDoesNotMatch',
  'AuthFailure',
];

/** What a client of the AWS SDK is made with. */
export interface AwsLogin {
  readonly region: string;
  readonly credentials: Pick<AwsAccessKeyMaterial, 'accessKeyId' | 'secretAccessKey'>;
}

/**
 * A client of the AWS SDK (any service's) that survives the end of its access key. AWS refuses before it does anything, so a refused call is always
 * made again.
 */
export function createResilientAws<C extends { destroy(): void }>(
  credential: ManagedCredential<'aws-access-key'>,
  open: (login: AwsLogin) => C,
  options: ResilientOptions = {},
): ResilientClient<'aws-access-key', C> {
  return new ResilientClient<'aws-access-key', C>(
    credential,
    {
      open: ({ region, accessKeyId, secretAccessKey }) =>
        open({ region, credentials: { accessKeyId, secretAccessKey } }),
      close: (client) => client.destroy(),
      troubleOf: (error) => (error instanceof Error && REFUSED.includes(error.name) ? 'refused' : undefined),
    },
    options,
  );
}
