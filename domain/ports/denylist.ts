import type { DenylistEntry } from '../denylist';
import type { Subject } from '../subject';

export interface DenylistWrite {
  /** The KV revision at which the refusal is in force in the bucket. */
  readonly revision: number;
  /** Milliseconds since the epoch when the write was acknowledged. */
  readonly at: number;
  readonly entry: DenylistEntry;
}

/** The projection every gateway watches. Writes are compare-and-set; nothing but a lift loosens. */
export interface Denylist {
  /** Demands a refusal. One that was decided before the subject was lifted changes nothing: look at `entry`. */
  tighten(entry: DenylistEntry): Promise<DenylistWrite>;
  /** Takes over what another replica says, lifts included. */
  merge(entry: DenylistEntry): Promise<DenylistWrite>;
  get(subject: Subject): Promise<DenylistWrite | undefined>;
  all(): Promise<readonly DenylistEntry[]>;
}

/** What one gateway says of itself while its lease lives. */
export interface GatewayLease {
  readonly gatewayId: string;
  /** Its HTTP authorization endpoint, where a proof can be presented. */
  readonly authorizeUrl: string;
  /** It applies every denylist write up to this revision. */
  readonly appliedRevision: number;
  readonly at: number;
}

/** Who is there, and who went away without a word. */
export interface GatewayMembers {
  /** Gateways whose lease lives now. */
  readonly live: readonly GatewayLease[];
  /** Gateways whose lease ran out within the last day and that did not sign off: cut off, or dead. */
  readonly missing: readonly GatewayLease[];
}

export interface InForceEverywhere {
  readonly applied: readonly GatewayLease[];
  readonly behind: readonly string[];
  readonly missing: readonly string[];
}

export interface GatewayRegistry {
  members(): Promise<GatewayMembers>;
  /** Gateways whose lease lives now. */
  live(): Promise<readonly GatewayLease[]>;
  /** Resolves when every live gateway applies `revision`; names those that are behind when `signal` aborts, and the missing. */
  waitForRevision(revision: number, signal: AbortSignal): Promise<InForceEverywhere>;
}
