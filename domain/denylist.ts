import { z } from 'zod';
import { earliest } from './earliest';
import { canonicalContexts, intersectContexts } from './known-context';
import { isSubject, type Subject } from './subject';

const subject = z.custom<Subject>((value) => typeof value === 'string' && isSubject(value), 'not a subject');

const knownContext = z.strictObject({
  id: z.string(),
  networks: z.array(z.string()),
  dependent: z.string().optional(),
  endpoints: z.array(z.string()).readonly().optional(),
});

/**
 * One listed subject, as every gateway holds it. `lifted`: refused to nobody, since a person said so. `hold`: written by the
 * detection side, not yet adopted by a workflow. `quarantine`: durable and reversible by a person. `revoked`: the tripwire of a
 * dead version.
 */
export const denylistEntry = z.strictObject({
  subject,
  credentialId: z.string(),
  version: z.number().int().positive(),
  status: z.enum(['lifted', 'hold', 'quarantine', 'revoked']),
  mode: z.enum(['deny-all', 'known-contexts-only']),
  /** Who may still pass, in mode `known-contexts-only`. */
  allow: z.array(knownContext),
  /** The lane of the known contexts closes by itself at this time (ms since the epoch). */
  laneUntil: z.number().int().optional(),
  /** How narrow the lane is. `maxPerMinute`: requests a gateway lets pass from one known context. Absent is no limit. */
  lane: z.strictObject({ maxPerMinute: z.number().int().positive() }).optional(),
  /** A hold must have been adopted by then, or the sweep makes it permanent and pages. It never loosens by itself. */
  adoptBy: z.number().int().optional(),
  incidentId: z.string(),
  reason: z.string().max(1000),
  /** When what it says was decided: the time of the abuse for a hold, of the decision for all else (ms since the epoch). */
  since: z.number().int(),
  /** How often this subject was lifted; absent is 0, as in entries of builds that knew no lifting. */
  epoch: z.number().int().positive().optional(),
  /** When this epoch began, which is when it was last lifted: demands of that time or earlier are settled. */
  liftedAt: z.number().int().optional(),
});

export type DenylistEntry = z.infer<typeof denylistEntry>;

const STATUS_RANK = { lifted: 0, hold: 1, quarantine: 2, revoked: 3 } as const;

/**
 * What two replicas make of what they know of one subject. What is revoked outranks everything, then the later epoch wins whole; within
 * one epoch nothing is looser than either, and `lifted` is the loosest. It is the join of a semilattice (idempotent, commutative,
 * associative up to the texts), so replicas that meet in any order end at the same refusal.
 */
export function join(a: DenylistEntry, b: DenylistEntry): DenylistEntry {
  const [rankOfA, rankOfB] = [rank(a), rank(b)];
  if (rankOfA !== rankOfB) return normal(rankOfA > rankOfB ? a : b);
  const liftedAt = earliest(a.liftedAt, b.liftedAt);
  if (a.status !== b.status && a.status === 'lifted') return { ...normal(b), liftedAt };
  if (a.status !== b.status && b.status === 'lifted') return { ...normal(a), liftedAt };
  const status = STATUS_RANK[a.status] >= STATUS_RANK[b.status] ? a.status : b.status;
  const mode =
    a.mode === 'deny-all' || b.mode === 'deny-all' || status === 'revoked' ? 'deny-all' : 'known-contexts-only';
  return {
    ...b,
    status,
    mode,
    allow: mode === 'deny-all' ? [] : intersectContexts(a.allow, b.allow),
    laneUntil: earliest(a.laneUntil, b.laneUntil),
    lane: narrowest(a.lane, b.lane),
    adoptBy: status === 'hold' ? earliest(a.adoptBy, b.adoptBy) : undefined,
    since: Math.min(a.since, b.since),
    epoch: Math.max(epochOf(a), epochOf(b)) || undefined,
    liftedAt,
  };
}

/**
 * What holds when `demanded` is asked for on top of `current`: never looser than either. It belongs to the current epoch, so that after a
 * lift a new demand refuses again; one that was decided before the lift changes nothing. That a version is revoked is a fact, and never
 * settled.
 */
export function tighten(current: DenylistEntry | undefined, demanded: DenylistEntry): DenylistEntry {
  if (!current) return demanded;
  const { epoch, liftedAt } = current;
  const settled = liftedAt !== undefined && demanded.since <= liftedAt && demanded.status !== 'revoked';
  return settled ? current : join(current, { ...demanded, epoch, liftedAt });
}

/** How often its subject was lifted. */
export function epochOf({ epoch }: DenylistEntry): number {
  return epoch ?? 0;
}

function rank(entry: DenylistEntry): number {
  return entry.status === 'revoked' ? Infinity : epochOf(entry);
}

/** One form for all entries that refuse the same. */
function normal(entry: DenylistEntry): DenylistEntry {
  const mode = entry.status === 'revoked' ? 'deny-all' : entry.mode;
  return {
    ...entry,
    mode,
    allow: mode === 'deny-all' ? [] : canonicalContexts(entry.allow),
    adoptBy: entry.status === 'hold' ? entry.adoptBy : undefined,
  };
}

/** Whether writing `next` over `current` changes whom it refuses or what it stands for. */
export function sameRefusal(current: DenylistEntry, next: DenylistEntry): boolean {
  return (
    epochOf(current) === epochOf(next) &&
    current.liftedAt === next.liftedAt &&
    current.status === next.status &&
    current.mode === next.mode &&
    current.laneUntil === next.laneUntil &&
    current.lane?.maxPerMinute === next.lane?.maxPerMinute &&
    current.adoptBy === next.adoptBy &&
    allowedBy(current) === allowedBy(next)
  );
}

/** Whom it allows, in one text for all ways to write it down. */
function allowedBy({ allow }: DenylistEntry): string {
  return JSON.stringify(canonicalContexts(allow).map(({ id, networks, endpoints }) => [id, networks, endpoints]));
}

function narrowest(a: DenylistEntry['lane'], b: DenylistEntry['lane']): DenylistEntry['lane'] {
  const maxPerMinute = earliest(a?.maxPerMinute, b?.maxPerMinute);
  return maxPerMinute === undefined ? undefined : { maxPerMinute };
}
