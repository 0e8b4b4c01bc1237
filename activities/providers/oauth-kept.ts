import { z } from 'zod';
import type { SecretRef } from '../../domain/credential';
import { parseJson } from '../../domain/parse-json';
import type { SecretStore } from '../../domain/ports/stores';
import { parseMaterial, type OauthClientMaterial } from '../../domain/secret-material';
import { beside, readBeside } from './beside-value';
import { registration, type Registration } from './oauth-registration';
import { unlessMissing } from './unless-missing';

const lastToken = z.object({ token: z.string().min(1) });

/** What the secret store keeps of a client: its secret, for dependents; how it is managed, for us alone; and the last token that it gave us. */
export function keptOf(secrets: SecretStore, ref: SecretRef) {
  return {
    async material(): Promise<OauthClientMaterial | undefined> {
      const text = await unlessMissing(() => secrets.get(ref));
      return text === undefined ? undefined : parseMaterial('oauth-client', text);
    },

    async registration(): Promise<Registration | undefined> {
      const text = await readBeside(secrets, ref, 'registration');
      return text === undefined ? undefined : registration.parse(parseJson(text));
    },

    /** Of two attempts one is kept: false of the other. */
    async keepRegistration(made: Registration): Promise<boolean> {
      return (await secrets.putIfAbsent(beside(ref, 'registration'), JSON.stringify(made))) === 'stored';
    },

    async keepMaterial(material: OauthClientMaterial): Promise<'stored' | 'exists'> {
      return secrets.putIfAbsent(ref, JSON.stringify(material));
    },

    /** A token as it was given when the client was last accepted: whether it works tells of all that were given before. */
    async lastToken(): Promise<string | undefined> {
      const text = await readBeside(secrets, ref, 'last-token');
      return text === undefined ? undefined : lastToken.parse(parseJson(text)).token;
    },

    async keepLastToken(token: string): Promise<void> {
      const place = beside(ref, 'last-token');
      await secrets.destroy(place);
      await secrets.putIfAbsent(place, JSON.stringify({ token }));
    },
  };
}

export type Kept = ReturnType<typeof keptOf>;
