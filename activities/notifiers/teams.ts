import type { Notifier, RenderedNotice } from '../../domain/ports/notifier';
import { deliver, reachWeb } from './deliver';
import { SHOWN_FIELDS } from './render-notice';
import { webTargetFault } from './web-target';

/**
 * An Adaptive Card in a channel of Microsoft Teams. Its target is the address that the workflow "Post to a channel when a webhook request is
 * received" shows.
 */
export function createTeamsNotifier(): Notifier {
  return {
    id: 'teams',
    takesDigests: true,
    targetFault: (target) => webTargetFault(target),
    reach: (target, { signal }) => reachWeb('teams', target, signal),
    async send(target, notice, dedupeKey, { signal }) {
      const card = { contentType: 'application/vnd.microsoft.card.adaptive', content: cardOf(notice, dedupeKey) };
      const body = JSON.stringify({ type: 'message', attachments: [card] });
      await deliver({ notifier: 'teams', url: target, body, signal });
    },
  };
}

function cardOf({ title, body, fields }: RenderedNotice, dedupeKey: string) {
  const shown = SHOWN_FIELDS.map((name) => `${name}: ${fields[name] ?? '–'}`).join(', ');
  return {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    msteams: { width: 'Full' },
    body: [
      words(title, { size: 'large', weight: 'bolder' }),
      ...body.split('\n').map((line) => words(line)),
      words(shown),
      words(dedupeKey, { isSubtle: true, size: 'small' }),
    ],
    actions:
      fields['url'] === undefined ? [] : [{ type: 'Action.OpenUrl', title: 'Open in Temporal', url: fields['url'] }],
  };
}

/** Rich text knows no Markdown: what an attacker may have written, such as a user agent, makes no link. */
function words(text: string, look: Readonly<Record<string, unknown>> = {}) {
  return { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text, ...look }] };
}
