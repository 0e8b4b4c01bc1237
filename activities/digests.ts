import { setTimeout as delay } from 'node:timers/promises';
import type { Digest, DigestBox, DigestNotice } from '../domain/ports/digest-box';
import type { Audience, Notice } from '../domain/ports/notifier';
import type { ActivityDeps } from './deps';
import { audit } from './incident-step';
import { renderDigest } from './notifiers/render-digest';
import { renderNotice } from './notifiers/render-notice';
import { tellAudience } from './tell-audience';

/** Told so that people know; what asks them, or says that nothing more is done by itself, waits for no other. */
const IN_DIGESTS: ReadonlySet<Notice['kind']> = new Set(['contained', 'resolved', 'restored']);

/** PostgreSQL may be half open. */
const DECIDES_WITHIN_MS = 2_000;

export type DigestDeps = Pick<
  ActivityDeps,
  'audiences' | 'audit' | 'deliveries' | 'digests' | 'incidentsUrl' | 'notifiers'
>;

/** Whether a notice is sent by itself; while nobody can tell, it is. */
export async function goesAlone(
  digests: DigestBox,
  told: DigestNotice & { readonly audience: Audience },
): Promise<boolean> {
  const { kind, cause, toMend } = told.notice;
  if (!IN_DIGESTS.has(kind) || cause === undefined || toMend) return true;
  // Whoever is told late is told too late.
  const tooLong = delay(DECIDES_WITHIN_MS, true, { ref: false });
  return Promise.race([digests.goesAlone(told).catch(() => true), tooLong]);
}

/** Sends a digest to every channel of its audience that takes digests, each once, and writes that into the trail of every incident. @throws when one channel did not take it, after all were tried */
export async function sendDigest(deps: DigestDeps, { id, audience, notices }: Digest): Promise<void> {
  const [first, ...others] = notices;
  if (!first) return deps.digests.markSent(id);
  const rendered =
    others.length === 0
      ? renderNotice(first.notice, audience)
      : renderDigest([first, ...others], audience, deps.incidentsUrl);
  await tellAudience(deps, audience, `digest/${id}`, rendered, ({ takesDigests }) => takesDigests);
  for (const { stepKey, notice } of notices) {
    const step = { ...notice, stepKey: `${stepKey}/digest` };
    await audit(deps, step, 'notify', 'outcome', { audience, kind: notice.kind, digest: id }, 'digest');
  }
  await deps.digests.markSent(id);
}
