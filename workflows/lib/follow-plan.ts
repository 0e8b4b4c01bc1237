import { patched } from '@temporalio/workflow';
import type { ResponsePlan } from '../../domain/response-plan';
import { compareSeverity } from '../../domain/severity';
import { hurryRotation } from './hurry-rotation';
import type { Leak } from './leak';
import { mustTighten, mayRefuse, tightenContainment } from './tighten-containment';

/** After evidence, or a person's word, changed the severity: what is refused and a rotation that runs follow the new plan. */
export async function followPlan(leak: Leak, before: ResponsePlan): Promise<void> {
  const { board, credential, plan } = leak;
  board.describe(credential, plan());
  const isGraver = compareSeverity(plan().severity, before.severity) > 0;
  // What people gave dependents they gave of what was known then: it counts no more, also where the new plan gives as much as the old one.
  const withdrawn = isGraver && (leak.extendedSeconds ?? 0) > 0 && patched('withdraw-time');
  if (isGraver) leak.extendedSeconds = 0;
  if (withdrawn || mustTighten(plan(), before)) await refuseAsPlanned(leak);
  if (mayRefuse(leak)) await hurryRotation(leak, withdrawn);
}

/** Puts in force what the plan says now, where anything may still be refused. */
export async function refuseAsPlanned(leak: Leak): Promise<void> {
  if (mayRefuse(leak)) await tightenContainment(leak);
}
