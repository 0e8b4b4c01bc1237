import type { ProviderId, System } from './system';

/** A system more is one file and one line; what it needs is loaded with it. Each says itself what kind it is of. */
const SYSTEMS: Readonly<Record<ProviderId, () => Promise<unknown>>> = {
  'redis-acl': async () => (await import('../systems/redis-acl.js')).redisAcl,
  'oauth-client': async () => (await import('../systems/oauth-client.js')).oauthClient,
  'aws-access-key': async () => (await import('../systems/aws-access-key.js')).awsAccessKey,
  'nats-user': async () => (await import('../systems/nats-user.js')).natsUser,
  'git-forge-token': async () => (await import('../systems/git-forge-token.js')).gitForgeToken,
  'github-token': async () => (await import('../systems/github-token.js')).githubToken,
  http: async () => (await import('../systems/http.js')).declaredHttp,
};

export const SYSTEM_PROVIDERS = Object.keys(SYSTEMS) as readonly ProviderId[];

/** Callers give it only what is of its own kind: its credential's values. */
export async function systemOf(provider: ProviderId): Promise<System> {
  return (await SYSTEMS[provider]()) as System;
}
