import type { DependentRecord, SecretVersion } from '../credential';
import type { CallContext, Effect } from './effect';

/** `unknown` = it did not say; `several` = it is being changed, and who asks must wait. */
export interface DependentStatus {
  readonly using: number | 'several' | 'unknown';
  /** A probe through the dependent with the version it uses worked. */
  readonly healthy: boolean;
  readonly detail: string;
  /** Of `several`: the version that it is being changed to. */
  readonly towards?: number;
}

/** One way of moving a system to another secret version. Throws DEPENDENT_UNREACHABLE, DEPENDENT_REFUSED. */
export interface DependentAdapter {
  readonly kind: string;
  /** How often it may be asked for its status while it is waited for, in milliseconds; 50 without it. */
  readonly askEveryMs?: number;
  /** Tells it to use `version` from now on. Telling it twice is harmless. */
  activate(dependent: DependentRecord, version: SecretVersion, context: CallContext): Promise<Effect>;
  /** What it uses now, and whether that works: it probes through the dependent. Changes nothing. */
  status(dependent: DependentRecord, version: SecretVersion, context: CallContext): Promise<DependentStatus>;
}
