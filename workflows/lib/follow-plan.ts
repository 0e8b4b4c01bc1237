import type { ResponsePlan } from '../../domain/response-plan';
import { compareSeverity } from '../../domain/severity';
import { isTighter, tightenContainment } from './contain-leak';
import type { Leak } from './leak';
import { hurryRotation } from './rotate-once';

/** After evidence, or a person's word, changed the severity: what is refused and a rotation that runs follow the new plan. */
export async function followPlan(leak: Leak, before: ResponsePlan): Promise<void> {
  const { board, credential, plan } = leak;
  board.describe(credential, plan());
  // What people gave dependents they gave of what was known then.
  if (compareSeverity(plan().severity, before.severity) > 0) leak.extendedSeconds = 0;
  // A person has said that nothing leaked: nothing is refused anew behind their back.
  if (leak.applied === undefined || leak.falsePositive || board.incident.milestones.revoked !== undefined) return;
  if (isTighter(plan(), before)) await tightenContainment(leak);
  await hurryRotation(leak);
}
