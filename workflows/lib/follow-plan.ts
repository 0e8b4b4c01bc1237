import type { ResponsePlan } from '../../domain/response-plan';
import { isTighter, tightenContainment } from './contain-leak';
import type { Leak } from './leak';
import { hurryRotation } from './rotate-once';

/** After evidence, or a person's word, changed the severity: what is refused and a rotation that runs follow the new plan. */
export async function followPlan(leak: Leak, before: ResponsePlan): Promise<void> {
  const { board, credential, plan } = leak;
  board.describe(credential, plan());
  const { contained, revoked } = board.incident.milestones;
  if (contained === undefined || revoked !== undefined) return;
  if (isTighter(plan(), before)) await tightenContainment(leak);
  await hurryRotation(leak);
}
