import type { coresdk } from '@temporalio/proto';

type Jobs = coresdk.workflow_activation.IWorkflowActivationJob;

/** The jobs that the simulated server gives to a workflow, named as Temporal's core names them. */
type Variant =
  | 'initializeWorkflow'
  | 'fireTimer'
  | 'resolveActivity'
  | 'resolveChildWorkflowExecutionStart'
  | 'resolveChildWorkflowExecution'
  | 'resolveSignalExternalWorkflow'
  | 'resolveRequestCancelExternalWorkflow'
  | 'signalWorkflow'
  | 'doUpdate'
  | 'queryWorkflow'
  | 'cancelWorkflow'
  | 'notifyHasPatch';

export type Job = { [V in Variant]: { readonly variant: V } & { readonly [K in V]: NonNullable<Jobs[V]> } }[Variant];

/** Core's own order within one activation: what starts, then what came from outside, then what was waited for. */
const RANK: Readonly<Partial<Record<Variant, number>>> = {
  initializeWorkflow: 0,
  notifyHasPatch: 1,
  signalWorkflow: 2,
  doUpdate: 2,
  cancelWorkflow: 3,
};

const LAST = 4;

export function inCoreOrder(jobs: readonly Job[]): readonly Job[] {
  const rank = ({ variant }: Job): number => RANK[variant] ?? LAST;
  return [...jobs].sort((a, b) => rank(a) - rank(b));
}
