import type { KnownAgainst } from './incident';
import type { Severity } from './severity';
import type { Subject } from './subject';

/** Where a value lies, never the value itself. */
export interface SecretRef {
  readonly store: string;
  readonly path: string;
  readonly version: number;
}

/** Where the value of a version is kept, before anything else is known of it. */
export function placeOfVersion(store: string, credentialId: string, version: number): SecretRef {
  return { store, path: `credentials/${credentialId}`, version };
}

/** A place a dependent legitimately uses the credential from. An agent alone never makes a context. */
export interface KnownContext {
  readonly id: string;
  /** CIDR ranges of the client address. */
  readonly networks: readonly string[];
  /** The registered dependent that lives there, when one does. */
  readonly dependent?: string | undefined;
  /** What it calls, as `GET /reports/*`: all that it may call in a lane, beside what gateways saw it call before. */
  readonly endpoints?: readonly string[] | undefined;
}

/** `own` and `break-glass` credentials are never contained automatically: a person is paged. */
export type Protection = 'normal' | 'own' | 'break-glass';

/** Who can refuse the credential: our gateways on every request, or only its provider. */
export type Enforcement = 'gateway' | 'provider';

export type PrincipalKind = 'workload' | 'person' | 'unknown';

/** `pending`: minted, not proven. `quarantined`: reversibly refused. `revoked`: ended for ever. `discarded`: a rolled-back replacement. */
export type VersionState = 'pending' | 'live' | 'quarantined' | 'revoked' | 'discarded';

/** A system that uses the credential and must be moved to the replacement. */
export interface DependentRecord {
  readonly id: string;
  /** The adapter that moves it: an id of the dependents registry. */
  readonly kind: string;
  /** Where the adapter finds it: a URL, or the empty string when the kind needs none. */
  readonly target: string;
  readonly owner: string;
  /** 0 is the most critical. */
  readonly criticality: 0 | 1 | 2 | 3;
}

/** An API token, key, client secret or password issued by a provider to a principal. */
export interface Credential {
  readonly id: string;
  readonly provider: string;
  /** Which configured account of the provider issued it: one server, one tenant. */
  readonly account: string;
  /** What every version's principal is derived from at the provider, such as a role name's stem. */
  readonly principal: string;
  readonly principalKind: PrincipalKind;
  readonly ownerTeam: string;
  /** Such as `production` or `staging`; the policy may differ by it. */
  readonly environment?: string | undefined;
  readonly criticality: 0 | 1 | 2 | 3;
  readonly enforcement: Enforcement;
  readonly protection: Protection;
  readonly scopes: readonly string[];
  readonly knownContexts: readonly KnownContext[];
  readonly dependents: readonly DependentRecord[];
}

/** What a person says of a credential; the rest stays as it was, or is as usual of one that is new. */
export type Described = Pick<Credential, 'id' | 'provider' | 'account' | 'principal' | 'ownerTeam' | 'enforcement'> & {
  readonly [Name in keyof Credential]?: Credential[Name] | undefined;
};

/** One value of a credential: what leaks, is contained and is revoked. */
export interface SecretVersion {
  readonly credentialId: string;
  readonly version: number;
  /** How the provider names this version: a role, a key id, a token's prefix. */
  readonly publicId: string;
  /** Every subject it is known by: one a live fingerprint key, or one public id. */
  readonly subjects: readonly Subject[];
  readonly state: VersionState;
  /** Of one that is revoked: it was presented and refused since. */
  readonly provenDead?: true;
  /** When a person last began to set it free, milliseconds since the epoch. */
  readonly liftedAt?: number;
  /** While it is refused: what its incidents knew. */
  readonly knownAgainst?: KnownAgainst;
  readonly secret: SecretRef;
}

/** What the detection side, gateways and the dispatcher need to know of a subject; projected to NATS KV. */
export interface InventoryRecord {
  readonly subject: Subject;
  readonly credentialId: string;
  readonly version: number;
  readonly state: VersionState;
  readonly provider: string;
  readonly ownerTeam: string;
  readonly environment?: string | undefined;
  readonly enforcement: Enforcement;
  readonly protection: Protection;
  readonly principalKind: PrincipalKind;
  readonly scopes: readonly string[];
  readonly knownContexts: readonly KnownContext[];
  /** How often its quarantine was lifted; absent is never. */
  readonly releases?: number | undefined;
}

/** What is projected of a version, under one of its subjects. */
export function recordOf(
  subject: Subject,
  credential: Omit<Credential, 'dependents'>,
  { version, state, releases = 0 }: Pick<SecretVersion, 'version' | 'state'> & { readonly releases?: number },
): InventoryRecord {
  const { id, provider, ownerTeam, environment, enforcement, protection, principalKind, scopes, knownContexts } =
    credential;
  return {
    subject,
    credentialId: id,
    version,
    state,
    provider,
    ownerTeam,
    ...(environment === undefined ? {} : { environment }),
    enforcement,
    protection,
    principalKind,
    scopes,
    knownContexts,
    ...(releases > 0 ? { releases } : {}),
  };
}

/** The workflow id of the incident of one secret version, formed here and nowhere else. */
export function incidentId(credentialId: string, version: number): string {
  return `incident/${credentialId}/${version}`;
}

/** The workflow ids of the watch over a closed incident, and of a rehearsal of one. */
export function watchId(credentialId: string, version: number): string {
  return `watch/${credentialId}/${version}`;
}

/**
 * Of what an incident has refused and not ended: of what is known to be refused, of what may have been revoked, and of an exercise. Each looks at something
 * else, and none takes another's place. A run id: of those that were begun when each run began its own.
 */
export function containedWatchId(
  credentialId: string,
  version: number,
  which: 'contained' | 'maybe-revoked' | 'exercise' | (string & {}) = 'contained',
): string {
  return `${watchId(credentialId, version)}/${which}`;
}

export function rehearsalId(credentialId: string, version: number): string {
  return `dry-run/${credentialId}/${version}`;
}

/** The workflow id under which a credential is registered: one at a time. */
export function registrationId(credentialId: string): string {
  return `register/${credentialId}`;
}

/** The other way: undefined when `id` names no incident. */
export function parseIncidentId(id: string): { credentialId: string; version: number } | undefined {
  const match = /^incident\/(?<credential>.+)\/(?<version>\d+)$/.exec(id);
  const { credential, version } = match?.groups ?? {};
  return credential && version ? { credentialId: credential, version: Number(version) } : undefined;
}

/** Team names end up in search attributes and Markdown; so do severities. */
export interface CredentialSummary {
  readonly credentialId: string;
  readonly version: number;
  readonly provider: string;
  readonly ownerTeam: string;
  readonly severity: Severity;
}
