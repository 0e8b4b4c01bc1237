import { z } from 'zod';
import type { SecretRef } from '../../domain/credential';
import { parseJson } from '../../domain/parse-json';
import type { SecretStore } from '../../domain/ports/stores';
import { parseMaterial, type OauthClientMaterial } from '../../domain/secret-material';
import { beside, readBeside } from './beside-value';
import { registration, type Registration } from './oauth-registration';
import { unlessMissing } from './unless-missing';

/** A token as it was given when the client was last accepted, and was seen to be active; when it ends by itself, in milliseconds since the epoch. */
const witness = z.object({ token: z.string().min(1), until: z.number() });
export type Witness = z.infer<typeof witness>;

const NONE = 'none';

/** What the secret store keeps of a client: its secret, for dependents; how it is managed, and the last token that it gave us, for us alone. */
export function keptOf(secrets: SecretStore, ref: SecretRef) {
  return {
    async material(): Promise<OauthClientMaterial | undefined> {
      const text = await unlessMissing(() => secrets.get(ref));
      return text === undefined ? undefined : parseMaterial('oauth-client', text);
    },

    async registration(): Promise<Registration | undefined> {
      const text = await readBeside(secrets, ref, 'registration');
      return text === undefined || text === NONE ? undefined : registration.parse(parseJson(text));
    },

    /** Of two attempts one is kept: false of the other. */
    async keepRegistration(made: Registration): Promise<boolean> {
      return (await secrets.putIfAbsent(beside(ref, 'registration'), JSON.stringify(made))) === 'stored';
    },

    /** Where none is kept yet, none ever will be: a late attempt ends what it has made. */
    async keepNoRegistration(): Promise<void> {
      await secrets.putIfAbsent(beside(ref, 'registration'), NONE);
    },

    async keepMaterial(material: OauthClientMaterial): Promise<'stored' | 'exists'> {
      return secrets.putIfAbsent(ref, JSON.stringify(material));
    },

    async witness(): Promise<Witness | undefined> {
      const text = await readBeside(secrets, ref, 'last-token');
      return text === undefined ? undefined : witness.parse(parseJson(text));
    },

    /** Instead of the one before, which knows nothing of what was given since. */
    async keepWitness(next: Witness | undefined): Promise<void> {
      const place = beside(ref, 'last-token');
      await secrets.destroy(place);
      if (next) await secrets.putIfAbsent(place, JSON.stringify(next));
    },

    /** When the client was first found to be gone, milliseconds since the epoch: from then on it was given nothing. */
    async goneAt(): Promise<number | undefined> {
      const text = await readBeside(secrets, ref, 'gone');
      return text === undefined ? undefined : Number(text);
    },

    async keepGone(): Promise<void> {
      await secrets.putIfAbsent(beside(ref, 'gone'), String(Date.now()));
    },
  };
}
