// For services that use a credential: they load nothing of Temporal.
export { createSecretClient, type SecretClient } from './secret-client';
export { ManagedCredential } from './managed-credential';
export { ResilientPool } from './pg-pool';
export {
  AmbiguousOutcomeError,
  ResilientClient,
  type CallOptions,
  type ClientKind,
  type ResilienceCounters,
  type ResilientOptions,
} from './resilient-client';
export { createResilientFetch } from './http-client';
export type { ResilientFetch, ResilientRequest } from './resilient-fetch';
export { createResilientAws } from './aws-client';
export { createResilientNats } from './nats-client';
export { createResilientOauthFetch } from './oauth-client';
export { createResilientRedis } from './redis-client';
export { createReloadHook } from './reload-hook';
export { followCredential } from './kv-pull';
export type { ManagedUse } from './dependent-service';
