/** Carries the signed mark of a probe of ours (domain/fingerprint.ts). */
export const PROBE_HEADER = 'x-tourniquet-probe';

/** Tells the protected service who the gateway found the caller to be; stripped from what clients send. */
export const PRINCIPAL_HEADER = 'x-tourniquet-principal';

/** Tells it what the token may do, with spaces between (one that was derived from another may do less); stripped as well. */
export const SCOPES_HEADER = 'x-tourniquet-scopes';

/** Tell a proxy, for its access log, by which subject the credential is known and what became of the request. Never for clients. */
export const SUBJECT_HEADER = 'x-tourniquet-subject';
export const OUTCOME_HEADER = 'x-tourniquet-outcome';
