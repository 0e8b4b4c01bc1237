import type { Credential, SecretRef, SecretVersion } from '../credential';
import type { SecretMaterial } from '../secret-material';
import type { Subject } from '../subject';
import type { CallContext, Effect } from './effect';

/** What a provider can and cannot do; drives the plan and is shown to people. */
export interface ProviderCapabilities {
  /** How old and new can live together: as several principals, or several values. */
  readonly overlap: 'principals' | 'values' | 'none';
  /** Whether quarantine at the provider exists and can be lifted by a person. */
  readonly quarantine: 'reversible' | 'none';
  /** Whether it can end live sessions of one version. */
  readonly endsSessions: boolean;
  /** Tokens that a version can mint for itself, as sessions of a cloud: there are none, they end with it, or they live on. */
  readonly derivedTokens: 'none' | 'end' | 'live-on';
  /** Whether the provider's own record tells when a version was last used, and how finely. */
  readonly lastUsed: 'exact' | 'coarse' | 'none';
  /** Who makes the value of a replacement: we, who store it first; the provider, which shows it once; or a person there, who gives it to us. */
  readonly secretOrigin: 'ours' | 'shown-once' | 'person';
  /** After a successful revoke, how long the old value may still work, in milliseconds. */
  readonly propagationMs: number;
  /** What else happens there when a version is refused, replaced or revoked; one sentence each, for people. */
  readonly sideEffects: readonly string[];
  /** The rights our admin credential needs there. */
  readonly permissions: readonly string[];
}

/** A version that was issued without us, as a person names it. */
export interface FoundVersion {
  /** The number it gets here. */
  readonly version: number;
  readonly publicId?: string | undefined;
  readonly value: string;
}

/** The same as it is kept here. */
export interface AdoptedVersion {
  readonly publicId: string;
  readonly subjects: readonly Subject[];
  readonly material: SecretMaterial;
}

/** A credential that a system has and the inventory may not know. */
export interface FoundCredential {
  /** Of which it is one of the versions. */
  readonly principal: string;
  readonly publicId: string;
  /** What the system says that helps a person to know whose it is: owners, last use, where it is used from. Never a secret. */
  readonly notes: readonly string[];
  /** The team that the system names as its owner. */
  readonly ownerTeam?: string | undefined;
  /** Addresses that it is used from right now, each with what uses it, as far as the system tells. */
  readonly usedFrom?: readonly { readonly network: string; readonly by: string }[] | undefined;
}

export interface Replacement {
  readonly publicId: string;
  readonly subjects: readonly Subject[];
  readonly secret: SecretRef;
}

/** `unknown` = could not tell: never closes an incident. */
export type Verdict = {
  readonly verdict: 'dead' | 'alive' | 'unknown';
  /** `presented`: we hold the value and tried it. `state`: the provider's own record says so. */
  readonly proof: 'presented' | 'state';
  readonly sessions: number;
  readonly evidence: string;
  /** The old version was refused for authentication, whatever else was found. */
  readonly oldRefused?: true;
  /** The control was refused for authentication: it is the replacement that does not work. */
  readonly controlRefused?: true;
};

/**
 * One kind of system that issues credentials. Every method looks before it acts, returns `already` when the target state
 * holds, and looks again after acting; a retry is harmless. All throw IncidentError: PROVIDER_ADMIN_DENIED when our admin
 * credential is refused, PROVIDER_UNAVAILABLE when it can't be reached or does not answer. None lets a secret out.
 */
export interface CredentialProvider {
  readonly id: string;
  readonly capabilities: ProviderCapabilities;
  /** Whether it can refuse versions of this credential for now, where that differs from account to account; else its capabilities say so. */
  canQuarantine?(credential: Credential): boolean;
  /**
   * How a version that others have issued is named and kept here. Asks nobody: whether it works is for `test` to say. Missing where what others have issued can't be ended.
   * @throws IncidentError ADOPTION_REFUSED that says what is missing
   */
  adopt?(credential: Credential, found: FoundVersion): AdoptedVersion;
  /** Whether a version that others have issued can be refused and ended here: asked before it is called live. Changes nothing. @throws IncidentError ADOPTION_REFUSED */
  inspect?(credential: Credential, version: SecretVersion, context: CallContext): Promise<void>;
  /** Versions are named after the principal, so that one has one credential. */
  readonly ownsPrincipal?: true;
  /** What the system of an account has issued, for people to choose from. Changes nothing. */
  discover?(account: string, context: CallContext): Promise<readonly FoundCredential[]>;
  /** Whether the system of an account takes our admin credential, and what it may do, as far as that can be told without one of its credentials. Changes nothing. */
  probeAccount(account: string, context: CallContext): Promise<Effect>;
  /** Whether our admin credential may do what an incident of this credential will need. Changes nothing. */
  probe(credential: Credential, context: CallContext): Promise<Effect>;
  /** Refuses the version at the provider, reversibly, and ends its sessions. Retries end in the same state. */
  quarantine(credential: Credential, version: SecretVersion, context: CallContext): Promise<Effect>;
  /**
   * Undoes `quarantine`, and nothing else: the same value works again. `already` when the version is not quarantined. What was revoked or
   * discarded meanwhile stays dead. @throws IncidentError CONTAINMENT_FINAL of a version that is revoked, or no longer there
   */
  release(credential: Credential, version: SecretVersion, context: CallContext): Promise<Effect>;
  /**
   * Mints version `next` with the rights of the old one and keeps its value under `next.secret` in the secret store,
   * written there before the provider learns it, so that no crash can lose the only working value, and not before the provider can be reached, so that
   * an undo knows whether it may have been told.
   */
  createReplacement(
    credential: Credential,
    next: { readonly version: number; readonly secret: SecretRef },
    context: CallContext,
  ): Promise<Effect<Replacement>>;
  /** Authenticates with the version and uses the rights its dependents need. Throws REPLACEMENT_REJECTED when refused. */
  test(credential: Credential, version: SecretVersion, context: CallContext): Promise<Effect>;
  /** Ends the version for ever, with sessions and derived tokens. A version that no longer exists is `already`. */
  revoke(credential: Credential, version: SecretVersion, context: CallContext): Promise<Effect>;
  /**
   * The undo of createReplacement: ends a version nobody uses yet. Of one whose mint gave no answer `publicId` is empty: what is kept under its `secret`
   * says what the provider may have been told, and where nothing is kept nobody is asked.
   */
  discard(credential: Credential, version: SecretVersion, context: CallContext): Promise<Effect>;
  /** Whether `old` is refused for authentication while `control` is accepted from the same place. Changes nothing. */
  verifyDead(
    credential: Credential,
    old: SecretVersion,
    control: SecretVersion,
    context: CallContext,
  ): Promise<Verdict>;
}
