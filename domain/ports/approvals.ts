import type { ApprovalRefusal, ApprovalScope } from '../approval';

/** What became of one presented approval. */
export type ApprovalVerdict =
  { readonly ok: true; readonly id: string } | { readonly ok: false; readonly refusal: ApprovalRefusal };

/** Looks at an approval that came with an update. */
export interface ApprovalDesk {
  /**
   * Whether `approval` is signed by our API, unexpired, unused and for exactly `scope`. Uses it up when it is: `stepKey` is the same for
   * every try of one update, which may therefore ask again.
   */
  use(approval: string, scope: ApprovalScope, stepKey: string): Promise<ApprovalVerdict>;
}
