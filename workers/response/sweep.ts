import type { Logger } from 'pino';
import type { ActivityDeps } from '../../activities/deps';
import { renderNotice } from '../../activities/notifiers/render-notice';
import type { DenylistEntry } from '../../domain/denylist';
import { reconcile } from '../../enforcement/reconcile';

const EVERY_MS = 30_000;

/** Keeps the denylist what PostgreSQL says it is, and finds holds that nobody adopted. Every response worker may run it. */
export function startSweep(deps: ActivityDeps, log: Logger): { stop(): void } {
  const round = (): void => {
    reconcile(
      { containments: deps.containments, denylist: deps.denylist, onOrphan: (entry) => pageOrphan(deps, entry) },
      Date.now(),
    )
      .then(({ rewritten, orphans }) => {
        if (rewritten > 0 || orphans > 0) log.warn({ rewritten, orphans }, 'the denylist was mended');
      })
      .catch((error: unknown) =>
        log.error({ error: error instanceof Error ? error.name : typeof error }, 'the sweep failed; it is tried again'),
      );
  };
  const timer = setInterval(round, EVERY_MS);
  return { stop: () => clearInterval(timer) };
}

async function pageOrphan(deps: ActivityDeps, entry: DenylistEntry): Promise<void> {
  const dedupeKey = `orphan-hold/${entry.subject}`;
  if (await deps.deliveries.wasSent(dedupeKey)) return;
  const credential = await deps.inventory.credential(entry.credentialId);
  const notice = {
    kind: 'person-needed',
    incidentId: entry.incidentId,
    runId: '',
    credentialId: entry.credentialId,
    version: entry.version,
    provider: credential.provider,
    ownerTeam: credential.ownerTeam,
    severity: 'high',
    reason: entry.reason,
    summary:
      'It was refused by the detection side, but no incident took it over in time. The refusal is permanent now; start an incident.',
    url: deps.incidentUrl(entry.incidentId, ''),
  } as const;
  const context = { idempotencyKey: dedupeKey, signal: AbortSignal.timeout(EVERY_MS), heartbeat: () => undefined };
  for (const { notifier, target } of deps.audiences.security) {
    await deps.notifiers.get(notifier)?.send(target, renderNotice(notice, 'security'), dedupeKey, context);
  }
  await deps.deliveries.markSent(dedupeKey, 'security');
}
