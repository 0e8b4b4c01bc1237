import { IncidentError } from '../domain/errors';
import type { Audience, Notice } from '../domain/ports/notifier';
import { callContext } from './activity-edge';
import type { ActivityDeps } from './deps';
import { goesAlone } from './digests';
import { audit, type IncidentStep } from './incident-step';
import { renderNotice } from './notifiers/render-notice';
import { channelsOf } from './tell-audience';

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
      const channels = channelsOf(deps, audience);
      const keyOf = (index: number): string => `${input.stepKey}/${audience}/${index}`;
      const wasSent = await Promise.all(
        channels.map(
          async (_, index) =>
            unlogged.has(keyOf(index)) || (await deps.deliveries.wasSent(keyOf(index)).catch(() => false)),
        ),
      );
      const takesDigests = (index: number) =>
        deps.notifiers.get(channels[index]?.notifier ?? '')?.takesDigests === true;
      // What one channel was sent alone is in no digest: that would tell it twice.
      const isAlone =
        wasSent.some((sent, index) => sent && takesDigests(index)) || !channels.some((_, i) => takesDigests(i));
      const alone = isAlone || goesAlone(deps.digests, { stepKey: input.stepKey, audience, notice });
      let inDigest = 0;
      const results = await Promise.allSettled(
        channels.map(async ({ notifier, target }, index) => {
          const dedupeKey = keyOf(index);
          if (!unlogged.has(dedupeKey)) {
            if (wasSent[index]) return;
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
