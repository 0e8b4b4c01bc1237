import type { Credential, SecretVersion } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import { signProbe, type FingerprintKey } from '../../domain/fingerprint';
import type { CredentialProvider, Verdict } from '../../domain/ports/credential-provider';
import type { CallContext, Effect } from '../../domain/ports/effect';
import type { SecretStore } from '../../domain/ports/stores';
import { parseMaterial, type HttpMaterial } from '../../domain/secret-material';
import { isAskedFor } from './beside-value';
import { accountOf } from './account-of';
import { nameOfFound } from './adoption';
import { effect } from './effect';
import { HTTP, type HttpSettings } from './http-account';
import { endAskedFor, mintOurs, mintShownOnce, storedOf } from './http-mint';
import { httpSystem, type HttpFound, type HttpSystem } from './http-system';
import { knownBy } from './known-by';
import type { Answer } from './present-token';
import { isEnded, markEnded } from './tombstone';

/** What a call is filled in with that is of one credential. */
const OF_ONE = /\{(?:principal|credential|scopes)\b/;

/**
 * Values of any system that is managed by HTTP, by calls that the settings declare: it needs no code. That a version is ended stands in the secret store before
 * the system is told, since a system may forget what it deleted. Under another name it is the provider of one kind of systems, whose calls we declare.
 */
export function createHttpProvider(
  accounts: ReadonlyMap<string, HttpSettings>,
  secrets: SecretStore,
  fingerprintKeys: readonly [FingerprintKey, ...FingerprintKey[]],
  { id: provider, capabilities }: Pick<CredentialProvider, 'id' | 'capabilities'> = { id: 'http', capabilities: HTTP },
): CredentialProvider {
  const propagationMs = Math.max(0, ...[...accounts.values()].map((settings) => settings.propagationMs));

  function systemOf(credential: Credential, { signal }: CallContext): HttpSystem {
    const settings = accountOf(accounts, provider, credential);
    return httpSystem(settings, credential, signal);
  }

  const mark = (id: string): string => signProbe(id, Date.now(), fingerprintKeys[0]);

  async function materialOf({ secret }: SecretVersion): Promise<HttpMaterial> {
    return parseMaterial('http', await secrets.get(secret));
  }

  async function end(system: HttpSystem, { publicId: id, secret }: SecretVersion): Promise<Effect> {
    await markEnded(secrets, secret);
    const { found, lastUsed } = await system.look(id);
    // Also of what is not found: a list may have further pages.
    await system.delete(id);
    if (found === 'absent') return effect('already', `${id} does not exist`);
    return effect('done', `${id} is deleted${lastUsed === undefined ? '' : `; it was last used at ${lastUsed}`}`);
  }

  const subjectsOf = ({ account }: Credential, { id, secret }: Pick<HttpMaterial, 'id' | 'secret'>) =>
    knownBy({ provider, account, id }, secret, fingerprintKeys);

  return {
    id: provider,
    capabilities: { ...capabilities, propagationMs },

    canQuarantine({ account }) {
      const settings = accounts.get(account);
      // That an account is missing is said by what needs it.
      return settings === undefined || settings.disable !== undefined;
    },

    async probeAccount(account, { signal }) {
      const settings = accountOf(accounts, provider, { account });
      if (OF_ONE.test(JSON.stringify(settings.probe)))
        return effect('already', `what is asked of ${account} names a credential: without one nothing is known`);
      const system = httpSystem(settings, { account, principal: '', id: '', scopes: [] }, signal);
      await system.admin({ name: 'probe', call: settings.probe });
      return effect('already', `our admin is accepted by ${account}`);
    },

    async probe(credential, context) {
      const system = systemOf(credential, context);
      await system.admin({ name: 'probe', call: system.settings.probe });
      return effect('already', `our admin is accepted by ${system.account}`);
    },

    async quarantine(credential, { publicId: id }, context) {
      const system = systemOf(credential, context);
      const { disable } = system.settings;
      const found = await system.find(id);
      if (found !== 'active') return effect('already', `${id} is ${found}`);
      if (!disable) return effect('already', `${system.account} can refuse ${id} in no way but for good`);
      await system.admin({ name: 'disable', call: disable }, { id });
      if ((await system.find(id)) === 'active')
        throw new IncidentError('PROVIDER_UNAVAILABLE', {
          account: system.account,
          version: id,
          reply: 'still active',
        });
      return effect('done', `${id} is disabled`);
    },

    async release(credential, version, context) {
      const system = systemOf(credential, context);
      const { publicId: id } = version;
      const final = () => new IncidentError('CONTAINMENT_FINAL', { credential: credential.id, version: id });
      const found = await system.find(id);
      if (found === 'absent' || (await isEnded(secrets, version.secret))) throw final();
      if (found === 'active') return effect('already', `${id} is active`);
      const { enable } = system.settings;
      if (!enable) throw new IncidentError('PROVIDER_REFUSED', { account: system.account, version: id, found });
      await system.admin({ name: 'enable', call: enable }, { id });
      // Revoked between the two looks: the door that was opened is shut again.
      if (await isEnded(secrets, version.secret)) {
        await system.delete(id);
        throw final();
      }
      return effect('done', `${id} is enabled again`);
    },

    adopt(credential, found) {
      const publicId = nameOfFound(found, 'its id at the system, as the declared calls name it');
      // An account that is not configured is said so before anything is kept.
      accountOf(accounts, provider, credential);
      return {
        publicId,
        subjects: subjectsOf(credential, { id: publicId, secret: found.value }),
        material: { kind: 'http' as const, id: publicId, secret: found.value },
      };
    },

    async createReplacement(credential, { version, secret: ref }, context) {
      const system = systemOf(credential, context);
      const refused = (found: string) =>
        new IncidentError('PROVIDER_REFUSED', { account: system.account, version, found });
      if (await isEnded(secrets, ref)) throw refused('contained');
      await system.admin({ name: 'probe', call: system.settings.probe });
      const before = await storedOf(secrets, ref);
      const mint = system.settings.gives.secret === undefined ? mintOurs : before ? undefined : mintShownOnce;
      const made = (await mint?.({ system, secrets, credential, version, ref })) ?? before;
      if (!made) throw refused('nothing');
      const found = await system.find(made.id);
      // A late attempt must not bring back what was contained since.
      if (await isEnded(secrets, ref)) {
        await system.delete(made.id);
        throw refused('contained');
      }
      if (found === 'disabled') throw refused('contained');
      if (found === 'absent')
        throw new IncidentError('PROVIDER_UNAVAILABLE', {
          account: system.account,
          version: made.id,
          reply: 'not found',
        });
      return {
        state: before ? ('already' as const) : ('done' as const),
        value: {
          publicId: made.id,
          subjects: subjectsOf(credential, made),
          secret: ref,
        },
        evidence: `${made.id} of ${credential.principal}`,
      };
    },

    async test(credential, version, context) {
      const system = systemOf(credential, context);
      const { publicId: id } = version;
      if ((await system.find(id)) !== 'active') throw new IncidentError('REPLACEMENT_REJECTED', { version: id });
      const { answer, retryAfterMs } = await system.present(await materialOf(version), mark('test'));
      if (answer === 'accepted') return effect('done', `${id} is accepted`);
      const code = answer === 'refused' ? 'REPLACEMENT_REJECTED' : 'PROVIDER_UNAVAILABLE';
      throw new IncidentError(code, { account: system.account, version: id, retryAfterMs });
    },

    revoke: async (credential, version, context) => end(systemOf(credential, context), version),

    async discard(credential, version, context) {
      const system = systemOf(credential, context);
      const { secret: ref } = version;
      if (version.publicId) return end(system, version);
      // In this order: what was asked for is stored first, and then asked for no more.
      const isAsked = await isAskedFor(secrets, ref);
      const stored = await storedOf(secrets, ref);
      if (stored) return end(system, { ...version, publicId: stored.id });
      await markEnded(secrets, ref);
      if (!isAsked) return effect('already', 'was never minted');
      return (await endAskedFor({ system, secrets, credential, version: version.version, ref }))
        ? effect('done', 'what was asked for is deleted')
        : effect('already', 'nothing was made');
    },

    async verifyDead(credential, old, control, context) {
      const system = systemOf(credential, context);
      const [oldValue, controlValue] = [await materialOf(old), await materialOf(control)];
      const found = await system.find(old.publicId);
      const oldSaid = await system.present(oldValue, mark('verify'));
      const controlSaid = await system.present(controlValue, mark('verify'));
      return judge(oldSaid.answer, controlSaid.answer, found);
    },
  };
}

function judge(old: Answer, control: Answer, found: HttpFound): Verdict {
  const evidence = `old ${old}, control ${control}, old ${found}`;
  const base = { proof: 'presented', sessions: 0, evidence } as const;
  if (old === 'accepted') return { ...base, verdict: 'alive' };
  const controlRefused = control === 'refused' ? ({ controlRefused: true } as const) : {};
  const oldRefused = old === 'refused' ? ({ oldRefused: true } as const) : {};
  const isDead = old === 'refused' && control === 'accepted' && found === 'absent';
  return { ...base, ...oldRefused, ...controlRefused, verdict: isDead ? 'dead' : 'unknown' };
}
