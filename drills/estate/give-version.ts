import { createApiClient } from '../../client';
import type { Credential } from '../../domain/credential';

export interface Giver {
  readonly apiUrl: string;
  /** Of the role `admin`. */
  readonly key: string;
}

/** What a person does with a value that was issued to them: gives it, with what is to be known of its credential, by the HTTP API. */
export async function giveVersion({ apiUrl: url, key }: Giver, credential: Credential, value: string): Promise<void> {
  const { id, ...description } = credential;
  await createApiClient({ url, key }).registerCredential(id, { ...description, version: { value } });
}
