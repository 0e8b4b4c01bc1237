/**
 * What a key of our API may do. `viewer` < `responder` < `approver` < `admin`, each may what those before it may; `approver` is for people,
 * whose signed approvals loosen what programs may only tighten. Apart from them: `reporter`
 * only hands in usage events, `dependent` only reads the secrets it is registered for, `gateway` only reads the denylist.
 */
export const API_ROLES = ['viewer', 'responder', 'approver', 'admin', 'reporter', 'dependent', 'gateway'] as const;

export type ApiRole = (typeof API_ROLES)[number];

const LADDER: readonly ApiRole[] = ['viewer', 'responder', 'approver', 'admin'];

/** Whether a key of role `role` may do what `needed` may. */
export function roleAllows(role: ApiRole, needed: ApiRole): boolean {
  if (role === needed) return true;
  // Whoever may start a response may also hand in the evidence for one.
  const rung = LADDER.indexOf(needed === 'reporter' ? 'responder' : needed);
  return rung >= 0 && LADDER.indexOf(role) >= rung;
}
