import { IncidentError } from '../domain/errors';
import type { Audience, Notice } from '../domain/ports/notifier';
import { callContext } from './activity-edge';
import type { ActivityDeps } from './deps';
import { goesAlone } from './digests';
import { audit, type IncidentStep } from './incident-step';
import { renderNotice } from './notifiers/render-notice';

export interface NotifyInput extends IncidentStep {
  readonly audience: Audience;
  readonly notice: Omit<Notice, 'url' | 'incidentId' | 'runId' | 'credentialId' | 'version'>;
}

/** Tells one audience on all its channels; each channel once, however often the activity is tried. */
export function createNotificationActivities(deps: ActivityDeps) {
  /** What was sent while the log could not be written: people are paged all the same, and by one worker once. */
  const unlogged = new Set<string>();
  return {
    async notifyAudience(input: NotifyInput): Promise<{ at: number; channels: number }> {
      const { audience, incidentId, runId, credentialId, version } = input;
      const notice = {
        ...input.notice,
        incidentId,
        runId,
        credentialId,
        version,
        url: deps.incidentUrl(incidentId, runId),
      };
      const rendered = renderNotice(notice, audience);
      const channels = Object.hasOwn(deps.audiences, audience) ? deps.audiences[audience] : undefined;
      if (!channels) throw new IncidentError('AUDIENCE_UNKNOWN', { audience });
      const keyOf = (index: number): string => `${input.stepKey}/${audience}/${index}`;
      // What was sent, and could not be written down, is in no digest.
      const isUnlogged = channels.some((_, index) => unlogged.has(keyOf(index)));
      const takesDigests = channels.some(({ notifier }) => deps.notifiers.get(notifier)?.takesDigests);
      const alone =
        isUnlogged || !takesDigests || goesAlone(deps.digests, { stepKey: input.stepKey, audience, notice });
      let inDigest = 0;
      const results = await Promise.allSettled(
        channels.map(async ({ notifier, target }, index) => {
          const dedupeKey = keyOf(index);
          if (!unlogged.has(dedupeKey)) {
            if (await deps.deliveries.wasSent(dedupeKey).catch(() => false)) return;
            const channel = deps.notifiers.get(notifier);
            if (!channel) throw new IncidentError('NOTIFIER_UNKNOWN', { notifier, audience });
            if (channel.takesDigests && !(await alone)) return void inDigest++;
            await channel.send(target, rendered, dedupeKey, callContext(input.stepKey));
            unlogged.add(dedupeKey);
          }
          await deps.deliveries.markSent(dedupeKey, audience);
          unlogged.delete(dedupeKey);
        }),
      );
      // One dead channel delays no other: all were tried before the failure shows.
      const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
      // One that asks us to wait keeps none of the others waiting.
      if (failures.length > 0) throw failures.find((failure) => !asksToWait(failure)) ?? failures[0];
      await audit(deps, input, 'notify', 'outcome', {
        audience,
        kind: input.notice.kind,
        channels: channels.length,
        ...(inDigest > 0 ? { inDigest } : {}),
      });
      return { at: Date.now(), channels: channels.length };
    },
  };
}

function asksToWait(failure: unknown): boolean {
  return failure instanceof IncidentError && failure.fields['retryAfterMs'] !== undefined;
}
