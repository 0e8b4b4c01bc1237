import { z } from 'zod';
import { canonicalContexts, intersectContexts } from './known-context';
import { isSubject, type Subject } from './subject';

const subject = z.custom<Subject>((value) => typeof value === 'string' && isSubject(value), 'not a subject');

const knownContext = z.strictObject({
  id: z.string(),
  networks: z.array(z.string()),
  dependent: z.string().optional(),
});

/**
 * One refused subject, as every gateway holds it. `hold`: written by the detection side, not yet adopted by a workflow.
 * `quarantine`: durable and reversible by a person. `revoked`: the tripwire of a dead version.
 */
export const denylistEntry = z.strictObject({
  subject,
  credentialId: z.string(),
  version: z.number().int().positive(),
  status: z.enum(['hold', 'quarantine', 'revoked']),
  mode: z.enum(['deny-all', 'known-contexts-only']),
  /** Who may still pass, in mode `known-contexts-only`. */
  allow: z.array(knownContext),
  /** The lane of the known contexts closes by itself at this time (ms since the epoch). */
  laneUntil: z.number().int().optional(),
  /** A hold must have been adopted by then, or the sweep makes it permanent and pages. It never loosens by itself. */
  adoptBy: z.number().int().optional(),
  incidentId: z.string(),
  reason: z.string().max(1000),
  since: z.number().int(),
});

export type DenylistEntry = z.infer<typeof denylistEntry>;

const STATUS_RANK = { hold: 0, quarantine: 1, revoked: 2 } as const;

/**
 * What holds when both `current` and `proposed` are demanded: never looser than either. It is the join of a
 * semilattice (idempotent, commutative, associative up to the texts), so writers in any order end at the same refusal.
 */
export function tighten(current: DenylistEntry | undefined, proposed: DenylistEntry): DenylistEntry {
  if (!current) return proposed;
  const status = STATUS_RANK[current.status] >= STATUS_RANK[proposed.status] ? current.status : proposed.status;
  const mode =
    current.mode === 'deny-all' || proposed.mode === 'deny-all' || status === 'revoked'
      ? 'deny-all'
      : 'known-contexts-only';
  const laneUntil = earliest(current.laneUntil, proposed.laneUntil);
  const adoptBy = status === 'hold' ? earliest(current.adoptBy, proposed.adoptBy) : undefined;
  return {
    ...proposed,
    status,
    mode,
    allow: mode === 'deny-all' ? [] : intersectContexts(current.allow, proposed.allow),
    ...(laneUntil === undefined ? { laneUntil: undefined } : { laneUntil }),
    ...(adoptBy === undefined ? { adoptBy: undefined } : { adoptBy }),
    since: Math.min(current.since, proposed.since),
  };
}

/** Whether writing `next` over `current` changes whom it refuses or what it stands for. */
export function sameRefusal(current: DenylistEntry, next: DenylistEntry): boolean {
  return (
    current.status === next.status &&
    current.mode === next.mode &&
    current.laneUntil === next.laneUntil &&
    current.adoptBy === next.adoptBy &&
    allowedBy(current) === allowedBy(next)
  );
}

/** Whom it allows, in one text for all ways to write it down. */
function allowedBy({ allow }: DenylistEntry): string {
  return JSON.stringify(canonicalContexts(allow).map(({ id, networks }) => [id, networks]));
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : Math.min(a, b);
}
