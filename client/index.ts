export { rehearseIncident, startIncident, type IncidentRequest } from './start-incident';
export { incident, type IncidentHandle, type ResultOptions } from './incident-handle';
export { listIncidents, type IncidentFilter, type IncidentPage, type IncidentSummary } from './list-incidents';
export {
  createApiClient,
  type ApiClient,
  type ApiIncidentRequest,
  type ApprovalRequest,
  type IssuedApproval,
  type LeakReportRequest,
  type UpdatePayload,
} from './api-client';
export type { RegisteredCredential, RegistrationRequest } from '../domain/credential-description';
export { createSecretClient, type SecretClient } from './dependent/secret-client';
export { ManagedCredential } from './dependent/managed-credential';
export { ResilientPool } from './dependent/pg-pool';
export {
  AmbiguousOutcomeError,
  ResilientClient,
  type CallOptions,
  type ClientKind,
  type ResilienceCounters,
  type ResilientOptions,
} from './dependent/resilient-client';
export { createResilientFetch } from './dependent/http-client';
export { createResilientAws } from './dependent/aws-client';
export { createResilientNats } from './dependent/nats-client';
export { createResilientOauthFetch } from './dependent/oauth-client';
export { createResilientRedis } from './dependent/redis-client';
export { createReloadHook } from './dependent/reload-hook';
export { followCredential } from './dependent/kv-pull';
export type { ManagedUse } from './dependent/dependent-service';
export { IncidentError, type ErrorCode } from '../domain/errors';
export { encryptedDataConverter } from './data-converter';
export { parseNamedKeys as parsePayloadKeys, type NamedKeys as PayloadKeys } from '../domain/named-keys';
