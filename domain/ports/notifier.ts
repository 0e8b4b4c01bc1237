import type { Severity } from '../severity';
import type { CallContext } from './effect';

/** Those that every deployment has; each gets a text for its role. */
export const AUDIENCES = ['engineering', 'security', 'product'] as const;

export type StandardAudience = (typeof AUDIENCES)[number];

/** One of AUDIENCES, or another that the settings file names channels for, such as `on-call`. */
export type Audience = string;

/** What people are told; built from the incident, holds no secret. */
export interface Notice {
  readonly kind: 'contained' | 'resolved' | 'restored' | 'person-needed' | 'unresolved';
  readonly incidentId: string;
  readonly runId: string;
  readonly credentialId: string;
  readonly version: number;
  readonly provider: string;
  readonly ownerTeam: string;
  readonly severity: Severity;
  readonly reason: string;
  /** What other incidents may have as well: who or what found it. Missing in what was begun before there were digests. */
  readonly cause?: string;
  /** Its summary names what somebody must do: it is in no digest. */
  readonly toMend?: true;
  /** What was done, or what is asked. */
  readonly summary: string;
  readonly url: string;
  /** No provider is configured: nothing is replaced or revoked by itself. */
  readonly leftToPerson?: true;
  /** Its provider can refuse it only by ending it. */
  readonly endsOnly?: true;
  /** Known contexts may still use it, so that gateways alone refuse it to all others. */
  readonly lane?: true;
  /** It may have been ended there; nobody has looked. */
  readonly mayBeEnded?: true;
  /** Of an exercise: nothing leaked. */
  readonly simulated?: true;
}

export interface RenderedNotice {
  readonly title: string;
  readonly body: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** One kind of channel. `send` may be called again with the same `dedupeKey`: the receiver can tell a repetition by it. */
export interface Notifier {
  readonly id: string;
  /** Whether people read it, who would rather have one digest of many incidents than a message of each; programs need each. */
  readonly takesDigests: boolean;
  /** What is wrong with a target, in words that quote nothing of it; undefined where nothing is. Asks nobody. */
  targetFault(target: string): string | undefined;
  /** Whether whoever takes it answers there; sends nothing. @throws IncidentError NOTIFICATION_FAILED */
  reach(target: string, context: CallContext): Promise<void>;
  /**
   * @throws IncidentError NOTIFICATION_FAILED with `retryAfterMs` where the receiver asks us to wait: milliseconds
   */
  send(target: string, notice: RenderedNotice, dedupeKey: string, context: CallContext): Promise<void>;
}
