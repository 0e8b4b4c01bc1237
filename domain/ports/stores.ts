import type { Credential, InventoryRecord, SecretRef, SecretVersion, VersionState } from '../credential';
import type { DenylistEntry } from '../denylist';
import type { KnownAgainst } from '../incident';
import type { LaneExtension } from '../extend-lane';
import type { Lift } from '../lift';
import type { Subject } from '../subject';

/** Who did what, and why. Never a secret. */
export interface AuditEvent {
  readonly incidentId: string;
  readonly workflowRunId: string;
  /** `workflow`, `detector`, or the name of a person. */
  readonly actor: string;
  readonly action: string;
  /** `intent` before an effect, `outcome` after it. */
  readonly phase: 'intent' | 'outcome';
  /** The same for all attempts of one step: an entry is written once. */
  readonly stepKey: string;
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}

export interface AuditLog {
  /** Appends once per `stepKey` and phase; a repetition is a no-op. */
  append(event: AuditEvent): Promise<void>;
}

/** Does one after the other what carries the same name, over all workers: of what is read and written as a whole, two at once would take each other's change back. */
export type InTurn = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/**
 * Keeps values encrypted; the only place besides a provider call where a value exists. Each call ends within seconds, and whoever can't tell throws
 * SECRET_STORE_UNAVAILABLE: a value that could not be read is never called missing, since a provider mints where it finds none.
 */
export interface SecretStore {
  /** Writes once: beside a value that is there nothing is changed, also when two write at once. After an answer that was lost the same call says `exists`. */
  putIfAbsent(ref: SecretRef, value: string): Promise<'stored' | 'exists'>;
  /** @throws IncidentError SECRET_NOT_FOUND, SECRET_UNREADABLE */
  get(ref: SecretRef): Promise<string>;
  /** What is not there is destroyed. */
  destroy(ref: SecretRef): Promise<void>;
}

/** Which secret stores there are. */
export interface KnownSecretStores {
  /** Where new values go. */
  readonly byDefault: string;
  readonly all: readonly string[];
}

export interface Inventory {
  /** @throws IncidentError CREDENTIAL_UNKNOWN */
  credential(credentialId: string): Promise<Credential>;
  credentials(): Promise<readonly Credential[]>;
  versions(credentialId: string): Promise<readonly SecretVersion[]>;
  /** @throws IncidentError VERSION_UNKNOWN */
  version(credentialId: string, version: number): Promise<SecretVersion>;
  findBySubject(subject: Subject): Promise<SecretVersion | undefined>;
  register(credential: Credential, version: SecretVersion): Promise<void>;
  /** Writes down a credential, or what is said of one that is known, in place of what was said before. @throws IncidentError CREDENTIAL_DIFFERS */
  describe(credential: Credential): Promise<void>;
  /**
   * The number of the replacement this incident step mints, and where its value is kept: the same for the same key, however often asked, also when
   * new values go to another `store` since.
   */
  reserveVersion(credentialId: string, idempotencyKey: string, store: string): Promise<SecretRef>;
  saveVersion(version: SecretVersion): Promise<void>;
  setState(credentialId: string, version: number, state: VersionState): Promise<void>;
  /** Whether a revoked version was presented and refused since; one that works again is no longer proven. */
  setProvenDead(credentialId: string, version: number, proven: boolean): Promise<void>;
  /** What was known `at` that time (milliseconds since the epoch) against a version that is refused, in place of what was known before; of any other nothing is kept. */
  keepKnown(credentialId: string, version: number, known: KnownAgainst, at: number): Promise<void>;
  /**
   * Written down before anything is set free: what then works, though the lift never ends, works because a person decided it. `at`: when that was
   * decided, milliseconds since the epoch.
   */
  beginLift(credentialId: string, version: number, at: number): Promise<void>;
  /** The one way back: a quarantined version is live again, because a person lifted its containment. Others stay what they are. */
  release(credentialId: string, version: number): Promise<void>;
  /** Everything the detection side and the gateways must know, to be projected. */
  records(): Promise<readonly InventoryRecord[]>;
}

/** One irreversible action: the end of a secret version. */
export interface IrreversibleAction {
  readonly credentialId: string;
  readonly version: number;
  readonly provider: string;
  readonly team: string;
  readonly incidentId: string;
  /** The person who decided it. What nobody decided is counted, and refused when a budget is spent. */
  readonly decidedBy?: string | undefined;
}

/** The breaker of design.md rule 13. */
export interface ActionBudget {
  /** Counts an action before it is taken; a repetition is a no-op. @throws IncidentError ACTION_BUDGET_SPENT */
  spend(action: IrreversibleAction): Promise<void>;
  /** How many more may be taken without a person now; never less than none. */
  left(provider: string, team: string): Promise<{ readonly provider: number; readonly team: number }>;
}

/** What people gave the dependents of one rotation beyond the policy's time. */
export interface MovingTimeStore {
  /** Once for each `stepKey`; a repetition is a no-op. */
  give(grant: MovingTimeGrant & { readonly seconds: number; readonly actor: string }): Promise<void>;
  /** What one grant gives this rotation, in seconds; none when there is no such grant for it. */
  givenSeconds(grant: MovingTimeGrant): Promise<number>;
}

/** One dependent that only a person can move. */
interface OneByHand {
  readonly credentialId: string;
  readonly dependentId: string;
  readonly version: number;
}

/** What people were asked of dependents that only they can move, and what they said. */
export interface MovedByHand {
  say(word: OneByHand & { readonly actor: string; readonly note: string }): Promise<void>;
  ask(asked: OneByHand): Promise<void>;
  /** What came last: a word, or what was asked after it, which nobody has answered yet; undefined while there is neither. */
  last(
    credentialId: string,
    dependentId: string,
  ): Promise<
    { readonly version: number; readonly said?: { readonly actor: string; readonly note: string } } | undefined
  >;
}

export interface MovingTimeGrant {
  /** Of the incident's step that gave it. */
  readonly stepKey: string;
  readonly incidentRunId: string;
  /** Which rotation of that incident. */
  readonly generation: number;
}

export interface ContainmentStore {
  /** Records the refusal that must hold, never looser than what is recorded; returns the result. */
  tighten(entry: DenylistEntry): Promise<DenylistEntry>;
  /** Takes over what another replica says; returns the result. */
  merge(entry: DenylistEntry): Promise<DenylistEntry>;
  /** Records that a person lifted it; the same lift again changes nothing. @throws IncidentError CONTAINMENT_FINAL */
  lift(lift: Lift): Promise<DenylistEntry>;
  /** Records that people keep its lane open for longer; the same extension again changes nothing. Undefined when it is not contained. */
  extendLane(subject: Subject, extension: LaneExtension): Promise<DenylistEntry | undefined>;
  get(subject: Subject): Promise<DenylistEntry | undefined>;
  all(): Promise<readonly DenylistEntry[]>;
}
