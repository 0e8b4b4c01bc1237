import { fetch } from 'undici';
import { z } from 'zod';
import { IncidentError } from '../../domain/errors';
import { secretMaterial, type SecretMaterial } from '../../domain/secret-material';

const answer = z.object({ credential: z.string(), version: z.number().int().positive(), material: secretMaterial });

export interface CurrentSecret {
  readonly version: number;
  readonly material: SecretMaterial;
}

/** Where a dependent reads the values it may use. */
export interface SecretClient {
  /** The version to use now, or a given one. @throws IncidentError SECRET_ACCESS_DENIED, PROVIDER_UNAVAILABLE */
  read(credentialId: string, version?: number): Promise<CurrentSecret>;
}

const TIMEOUT_MS = 3_000;

/** Reads from Tourniquet's API with the dependent's own key. */
export function createSecretClient(apiUrl: string, apiKey: string): SecretClient {
  return {
    async read(credentialId, version) {
      const url = new URL(`/v1/credentials/${encodeURIComponent(credentialId)}/secret`, apiUrl);
      if (version !== undefined) url.searchParams.set('version', String(version));
      const response = await fetch(url, {
        headers: { authorization: `Bearer ${apiKey}` },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      }).catch((cause: unknown) => {
        throw new IncidentError(
          'PROVIDER_UNAVAILABLE',
          { provider: 'secret store', credential: credentialId },
          { cause },
        );
      });
      if (response.status === 401 || response.status === 403)
        throw new IncidentError('SECRET_ACCESS_DENIED', { credential: credentialId });
      const parsed = answer.safeParse(response.ok ? await response.json() : undefined);
      if (!parsed.success)
        throw new IncidentError('PROVIDER_UNAVAILABLE', {
          provider: 'secret store',
          credential: credentialId,
          status: response.status,
        });
      return { version: parsed.data.version, material: parsed.data.material };
    },
  };
}
