import { IncomingWebhook, type IncomingWebhookSendArguments } from '@slack/webhook';
import { IncidentError } from '../../domain/errors';
import type { Notifier, RenderedNotice } from '../../domain/ports/notifier';
import { withDeadline } from '../with-deadline';
import { ANSWER_WITHIN_MS, answerTo, type Answer, reachWeb } from './deliver';
import { SHOWN_FIELDS } from './render-notice';
import { webTargetFault } from './web-target';

/** Slack's own limits, in characters. */
const LONGEST = { header: 150, section: 3_000 } as const;

/** A message in a Slack channel, by the address of an incoming webhook, which is its target. */
export function createSlackNotifier(): Notifier {
  return {
    id: 'slack',
    takesDigests: true,
    targetFault: (target) => webTargetFault(target),
    reach: (target, { signal }) => reachWeb('slack', target, signal),
    async send(target, notice, dedupeKey, { signal }) {
      let answer: Answer | undefined;
      try {
        await withDeadline(ANSWER_WITHIN_MS, signal, (within) =>
          new IncomingWebhook(target, {
            async fetch(url, init) {
              const response = await fetch(url, { ...init, signal: within });
              answer = await answerTo(response);
              if (answer.found !== undefined) throw new Error(answer.found);
              return new Response(null, { status: response.status });
            },
          }).send(messageOf(notice, dedupeKey)),
        );
      } catch {
        throw new IncidentError('NOTIFICATION_FAILED', { notifier: 'slack', ...answer });
      }
    },
  };
}

/** What an attacker may have written, such as a user agent, stands where Slack makes no link and calls nobody. */
function messageOf({ title, body, fields }: RenderedNotice, dedupeKey: string): IncomingWebhookSendArguments {
  const shown = SHOWN_FIELDS.flatMap((name) => (fields[name] === undefined ? [] : [`${name}: ${fields[name]}`]));
  const blocks: NonNullable<IncomingWebhookSendArguments['blocks']> = [
    { type: 'header', text: plain(title, LONGEST.header) },
    { type: 'section', text: plain(body, LONGEST.section) },
  ];
  if (shown.length > 0) blocks.push({ type: 'section', fields: shown.map((text) => plain(text, LONGEST.header)) });
  if (fields['url'] !== undefined)
    blocks.push({ type: 'section', text: { type: 'mrkdwn', text: `<${escaped(fields['url'])}|Open in Temporal>` } });
  blocks.push({ type: 'context', elements: [plain(dedupeKey, LONGEST.header)] });
  return { text: escaped(title), unfurl_links: false, blocks };
}

function plain(text: string, longest: number) {
  return {
    type: 'plain_text' as const,
    text: text.length > longest ? `${text.slice(0, longest - 1)}…` : text,
    emoji: false,
  };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
