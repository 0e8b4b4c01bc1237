import { randomBytes } from 'node:crypto';
import type { SecretVersion } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import { fingerprint, fingerprints, type FingerprintKey } from '../../domain/fingerprint';
import type { CredentialProvider } from '../../domain/ports/credential-provider';
import type { GatewayRegistry } from '../../domain/ports/denylist';
import type { Effect } from '../../domain/ports/effect';
import type { SecretStore } from '../../domain/ports/stores';
import { parseMaterial } from '../../domain/secret-material';
import { formatToken, tokenPublicId } from '../../domain/token-format';
import { tokenStateAt } from '../../domain/token-state';
import type { ApiToken, TokenStore } from '../store/token-store';
import { API_TOKEN } from './api-token-account';
import { effect } from './effect';
import { serverFailure } from './postgres-admin';
import { presentToken, type Answer } from './present-token';
import { unlessMissing } from './unless-missing';

interface Parts {
  readonly tokens: TokenStore;
  readonly secrets: SecretStore;
  readonly gateways: GatewayRegistry;
  /** New tokens are fingerprinted under the first; all are tried when one is looked up. */
  readonly fingerprintKeys: readonly [FingerprintKey, ...FingerprintKey[]];
}

/** Bearer tokens issued and checked by Tourniquet itself: stored as keyed fingerprints, checked by the gateways. */
export function createApiTokenProvider(parts: Parts): CredentialProvider {
  const { tokens, secrets, gateways } = parts;

  /** Our own database is this provider's server. */
  async function reaching<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw serverFailure(error, { provider: 'api-token' });
    }
  }

  async function tokenOf(version: SecretVersion): Promise<string> {
    return parseMaterial('api-token', await secrets.get(version.secret)).token;
  }

  async function end(version: SecretVersion, state: ApiToken['state']): Promise<Effect> {
    const found = await reaching(() => tokens.findByPublicId(version.publicId));
    if (!found) return effect('already', `token ${version.publicId} does not exist`);
    if (found.state === state || found.state === 'revoked')
      return effect('already', `token ${version.publicId} is ${found.state}`);
    await reaching(() => tokens.setState(version.publicId, state));
    return effect('done', `token ${version.publicId} is ${state}`);
  }

  async function probe(): Promise<Effect> {
    if (!(await reaching(() => tokens.mayChange())))
      throw new IncidentError('PROVIDER_ADMIN_DENIED', {
        provider: 'api-token',
        missing: 'INSERT and UPDATE on api_tokens',
      });
    return effect('already', 'tokens may be issued and ended');
  }

  return {
    id: 'api-token',
    capabilities: API_TOKEN,

    probeAccount: probe,
    probe,

    quarantine: (_credential, version) => end(version, 'disabled'),

    async release(credential, version) {
      const ask = async () => stateNow(await reaching(() => tokens.findByPublicId(version.publicId)));
      const before = await ask();
      if (before === 'active') return effect('already', `token ${version.publicId} is active`);
      // The store takes nothing back from revoked, whoever comes first.
      if (before === 'disabled') await reaching(() => tokens.setState(version.publicId, 'active'));
      const state = await ask();
      if (state !== 'active')
        throw new IncidentError('CONTAINMENT_FINAL', { credential: credential.id, token: version.publicId, state });
      return effect('done', `token ${version.publicId} is active again`);
    },

    async createReplacement(credential, next) {
      const fresh = { kind: 'api-token', token: formatToken(randomBytes) };
      await secrets.putIfAbsent(next.secret, JSON.stringify(fresh));
      const { token } = parseMaterial('api-token', await secrets.get(next.secret));
      const publicId = tokenPublicId(token);
      if (!publicId)
        throw new IncidentError('SECRET_UNREADABLE', { path: next.secret.path, version: next.secret.version });
      const issued = { publicId, principal: credential.principal, scopes: credential.scopes, state: 'active' as const };
      const stored = await reaching(() => tokens.insert(fingerprint(token, parts.fingerprintKeys[0]), issued));
      const subjects = fingerprints(token, parts.fingerprintKeys);
      return {
        state: stored === 'stored' ? 'done' : 'already',
        value: { publicId, subjects, secret: next.secret },
        evidence: `token ${publicId}`,
      };
    },

    async test(_credential, version) {
      const token = await tokenOf(version);
      const found = await reaching(() => tokens.find(fingerprints(token, parts.fingerprintKeys)));
      if (!found || stateNow(found) !== 'active')
        throw new IncidentError('REPLACEMENT_REJECTED', { token: version.publicId, state: stateNow(found) });
      return effect('done', `token ${version.publicId} is active with ${found.scopes.length} scopes`);
    },

    revoke: (_credential, version) => end(version, 'revoked'),

    async discard(_credential, version) {
      if (version.publicId) return end(version, 'revoked');
      const token = await unlessMissing(() => tokenOf(version));
      const publicId = token === undefined ? undefined : tokenPublicId(token);
      return publicId ? end({ ...version, publicId }, 'revoked') : effect('already', 'was never minted');
    },

    async verifyDead(_credential, old, control, context) {
      const record = stateNow(await reaching(() => tokens.findByPublicId(old.publicId)));
      // A gateway looks at this record for each token that was derived from it, too: what is proven of it is proven of those.
      const live = await reaching(() => gateways.live());
      if (live.length === 0) {
        // Nobody to present it to. The control's record is read by the same way: a look that finds nothing proves nothing.
        const controlRecord = stateNow(await reaching(() => tokens.findByPublicId(control.publicId)));
        const oldAnswer = record === 'active' ? 'accepted' : 'refused';
        const controlAnswer = controlRecord === 'active' ? 'accepted' : 'no answer';
        return {
          verdict: judge(record, [{ oldAnswer, controlAnswer }]),
          proof: 'state',
          sessions: 0,
          evidence: `record ${record ?? 'absent'}, control ${controlRecord ?? 'absent'}, no gateway lives`,
          ...(oldAnswer === 'refused' ? { oldRefused: true } : {}),
        };
      }
      const [oldToken, controlToken] = await Promise.all([tokenOf(old), tokenOf(control)]);
      const answers = await Promise.all(
        live.map(async ({ gatewayId, authorizeUrl }) => {
          const mark = { key: parts.fingerprintKeys[0], id: 'verify' };
          const oldAnswer = await presentToken(authorizeUrl, oldToken, mark, context.signal);
          const controlAnswer = await presentToken(authorizeUrl, controlToken, mark, context.signal);
          return { gatewayId, oldAnswer, controlAnswer };
        }),
      );
      const evidence = answers.map((a) => `${a.gatewayId}: old ${a.oldAnswer}, control ${a.controlAnswer}`).join('; ');
      return {
        verdict: judge(record, answers),
        proof: 'presented',
        sessions: 0,
        evidence: `record ${record ?? 'absent'}; ${evidence}`,
        ...(answers.every(({ oldAnswer }) => oldAnswer === 'refused') ? { oldRefused: true } : {}),
        ...(answers.every(({ controlAnswer }) => controlAnswer === 'refused') ? { controlRefused: true } : {}),
      };
    },
  };
}

type StateNow = ReturnType<typeof tokenStateAt> | undefined;

/** Undefined of a token that there is none of. */
function stateNow(token: ApiToken | undefined): StateNow {
  return token && tokenStateAt(token, Date.now());
}

function judge(
  state: StateNow,
  answers: readonly { oldAnswer: Answer; controlAnswer: Answer }[],
): 'dead' | 'alive' | 'unknown' {
  if (state === 'active' || answers.some((answer) => answer.oldAnswer === 'accepted')) return 'alive';
  const isProven = answers.every((answer) => answer.oldAnswer === 'refused' && answer.controlAnswer === 'accepted');
  // One that is only disabled can be enabled again; one that is expired can't.
  return isProven && state !== 'disabled' ? 'dead' : 'unknown';
}
