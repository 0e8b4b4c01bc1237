import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { accountOf } from '../../activities/providers/account-of';
import { nameOfFound } from '../../activities/providers/adoption';
import { effect } from '../../activities/providers/effect';
import { adminAnswer, presentedAnswer, sendHttp, type Presented } from '../../activities/providers/http-send';
import { knownBy } from '../../activities/providers/known-by';
import { isEnded, markEnded } from '../../activities/providers/tombstone';
import { unlessMissing } from '../../activities/providers/unless-missing';
import type { Credential, SecretVersion } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import type { FingerprintKey } from '../../domain/fingerprint';
import type { CredentialProvider, ProviderCapabilities } from '../../domain/ports/credential-provider';
import type { CallContext, Effect } from '../../domain/ports/effect';
import type { SecretStore } from '../../domain/ports/stores';
import { parseMaterial } from '../../domain/secret-material';

/** One account in the settings file. */
export const keyServiceAccount = z.strictObject({ adminUrl: z.url(), url: z.url(), adminTokenFile: z.string() });

/** The same with what stands in the file. */
export interface KeyServiceSettings {
  readonly adminUrl: string;
  /** Where dependents use it. */
  readonly url: string;
  readonly adminToken: string;
}

export const KEY_SERVICE: ProviderCapabilities = {
  overlap: 'principals',
  quarantine: 'reversible',
  endsSessions: false,
  derivedTokens: 'none',
  lastUsed: 'none',
  secretOrigin: 'ours',
  propagationMs: 0,
  sideEffects: ['Webhooks of the key are sent no more.'],
  permissions: ['keys:write'],
};

const found = z.object({ enabled: z.boolean() });

/** Keys of a service that is told their values: a version is a key of its own, known by an id that we choose. */
export function createKeyServiceProvider(
  accounts: ReadonlyMap<string, KeyServiceSettings>,
  secrets: SecretStore,
  fingerprintKeys: readonly FingerprintKey[],
): CredentialProvider {
  function callsFor({ account }: Pick<Credential, 'account'>, { signal }: Pick<CallContext, 'signal'>) {
    const { adminUrl, url, adminToken } = accountOf(accounts, 'key-service', { account });
    const authorization = `Bearer ${adminToken}`;
    const call = async (method: string, path: string, wanted: readonly number[], content?: object) => {
      const headers = { authorization, ...(content ? { 'content-type': 'application/json' } : {}) };
      const body = content && JSON.stringify(content);
      const answer = await sendHttp({ method, url: `${adminUrl}${path}`, headers, body }, signal);
      return adminAnswer(answer, wanted, { provider: 'key-service', account, call: method });
    };
    const pathOf = (id: string): string => `/keys/${encodeURIComponent(id)}`;
    return {
      me: () => call('GET', '/admin', [200]),
      async state(id: string): Promise<'on' | 'off' | 'absent'> {
        const { status, body } = await call('GET', pathOf(id), [200, 404]);
        if (status === 404) return 'absent';
        return found.parse(body).enabled ? 'on' : 'off';
      },
      add: async (id: string, value: string) => (await call('PUT', pathOf(id), [201, 409], { value })).status === 201,
      enable: (id: string, enabled: boolean) => call('PATCH', pathOf(id), [200, 404], { enabled }),
      remove: (id: string) => call('DELETE', pathOf(id), [204, 404]),
      async present({ secret }: SecretVersion): Promise<Presented> {
        const material = parseMaterial('http', await secrets.get(secret));
        const answer = await sendHttp(
          { method: 'GET', url: `${url}/me`, headers: { 'x-key': material.secret } },
          signal,
        );
        return presentedAnswer(answer, { refused: [401], accepted: [200] });
      },
    };
  }

  const subjectsOf = ({ account }: Credential, id: string, secret: string) =>
    knownBy({ provider: 'key-service', account, id }, secret, fingerprintKeys);

  const idOf = (credential: Credential, version: number): string => `${credential.id}-v${version}`;

  async function end(
    credential: Credential,
    id: string,
    version: SecretVersion,
    context: CallContext,
  ): Promise<Effect> {
    const keys = callsFor(credential, context);
    const before = await keys.state(id);
    // In this order: a late attempt to make it finds here that it is ended, whatever the service remembers.
    await markEnded(secrets, version.secret);
    if (before === 'absent') return effect('already', `there is no key ${id}`);
    await keys.remove(id);
    if ((await keys.state(id)) !== 'absent')
      throw new IncidentError('PROVIDER_UNAVAILABLE', { provider: 'key-service', reply: 'it is still there' });
    return effect('done', `key ${id} is removed`);
  }

  async function probeAccount(account: string, context: CallContext): Promise<Effect> {
    await callsFor({ account }, context).me();
    return effect('already', 'the service takes our token');
  }

  return {
    id: 'key-service',
    capabilities: KEY_SERVICE,

    probeAccount,

    probe: ({ account }, context) => probeAccount(account, context),

    async quarantine(credential, { publicId: id }, context) {
      const keys = callsFor(credential, context);
      if ((await keys.state(id)) !== 'on') return effect('already', `key ${id} is not accepted`);
      await keys.enable(id, false);
      if ((await keys.state(id)) === 'on')
        throw new IncidentError('PROVIDER_UNAVAILABLE', { provider: 'key-service', reply: 'it is still on' });
      return effect('done', `key ${id} is disabled`);
    },

    async release(credential, { publicId: id, secret }, context) {
      const keys = callsFor(credential, context);
      const final = () => new IncidentError('CONTAINMENT_FINAL', { credential: credential.id, version: id });
      const state = await keys.state(id);
      if (state === 'absent' || (await isEnded(secrets, secret))) throw final();
      if (state === 'on') return effect('already', `key ${id} is enabled`);
      await keys.enable(id, true);
      // Revoked between the two looks: the door that was opened is shut again.
      if (await isEnded(secrets, secret)) {
        await keys.remove(id);
        throw final();
      }
      return effect('done', `key ${id} is enabled again`);
    },

    adopt(credential, found) {
      const id = nameOfFound(found, 'the id of the key');
      const { value: secret } = found;
      return { publicId: id, subjects: subjectsOf(credential, id, secret), material: { kind: 'http', id, secret } };
    },

    async createReplacement(credential, { version, secret: ref }, context) {
      const { account } = credential;
      const contained = () => new IncidentError('PROVIDER_REFUSED', { account, version, found: 'contained' });
      const keys = callsFor(credential, context);
      const id = idOf(credential, version);
      const before = await keys.state(id);
      if (before === 'off' || (await isEnded(secrets, ref))) throw contained();
      // Stored before the service is told: two attempts end with one value.
      const fresh = { kind: 'http', id, secret: randomBytes(24).toString('base64url') };
      await secrets.putIfAbsent(ref, JSON.stringify(fresh));
      const { secret } = parseMaterial('http', await secrets.get(ref));
      const isNew = await keys.add(id, secret);
      // Undone between the two looks: who undid it may have found nothing to remove.
      if (await isEnded(secrets, ref)) {
        await keys.remove(id);
        throw contained();
      }
      return {
        state: isNew ? 'done' : 'already',
        value: {
          publicId: id,
          subjects: subjectsOf(credential, id, secret),
          secret: ref,
        },
        evidence: `key ${id}`,
      };
    },

    async test(credential, version, context) {
      const { answer, retryAfterMs } = await callsFor(credential, context).present(version);
      if (answer === 'accepted') return effect('done', `key ${version.publicId} is accepted`);
      const code = answer === 'refused' ? 'REPLACEMENT_REJECTED' : 'PROVIDER_UNAVAILABLE';
      throw new IncidentError(code, { account: credential.account, version: version.publicId, retryAfterMs });
    },

    revoke: (credential, version, context) => end(credential, version.publicId, version, context),

    async discard(credential, version, context) {
      // In this order: what is stored later finds that it is ended.
      await markEnded(secrets, version.secret);
      const stored = await unlessMissing(() => secrets.get(version.secret));
      if (stored === undefined) return effect('already', 'was never minted');
      // One whose mint gave no answer has no public id; but we chose it.
      return end(credential, idOf(credential, version.version), version, context);
    },

    async verifyDead(credential, old, control, context) {
      const keys = callsFor(credential, context);
      const state = await keys.state(old.publicId);
      const { answer: oldAnswer } = await keys.present(old);
      const { answer: controlAnswer } = await keys.present(control);
      const base = {
        proof: 'presented',
        sessions: 0,
        evidence: `old ${oldAnswer}, control ${controlAnswer}, old ${state}`,
        ...(oldAnswer === 'refused' ? { oldRefused: true as const } : {}),
        ...(controlAnswer === 'refused' ? { controlRefused: true as const } : {}),
      } as const;
      if (oldAnswer === 'accepted') return { ...base, verdict: 'alive' };
      // No answer is no refusal; and a refusal proves nothing where the control is refused, too.
      const isDead = oldAnswer === 'refused' && controlAnswer === 'accepted' && state === 'absent';
      return { ...base, verdict: isDead ? 'dead' : 'unknown' };
    },
  };
}
