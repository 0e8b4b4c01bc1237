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
export * from './dependent';
export { IncidentError, type ErrorCode } from '../domain/errors';
export { encryptedDataConverter } from './data-converter';
export { parseNamedKeys as parsePayloadKeys, type NamedKeys as PayloadKeys } from '../domain/named-keys';
