import type { PendingQuestion } from '../messages';

const NAME = '"actor":"you@example.com"';

/** What each update needs, as a person would paste it; what loosens is printed by `tourniquet approve` with its signature. */
const PAYLOADS: Readonly<Record<string, string>> = {
  retryStep: `{${NAME},"note":"what you mended"}`,
  approveStep: `{${NAME},"note":"why"}`,
  rejectStep: `{${NAME},"note":"why not"}`,
  markFalsePositive: 'what `tourniquet approve <incident> markFalsePositive --note …` prints, when nothing leaked',
  skipStep: 'what `tourniquet approve <incident> skipStep --note …` prints',
};

/** How a person answers a question in the Web UI: update names and payloads, as exact as they must be sent. */
export function howToAnswer({ answers, kind }: PendingQuestion): readonly string[] {
  return [
    ...answers.map((update) => `update \`${update}\` with ${shown(PAYLOADS[update] ?? '')}`),
    ...(kind === 'revoke'
      ? ['past a spent action budget: `approveStep` with what `tourniquet approve <incident> approveStep` prints']
      : []),
    `update \`acknowledge\` with ${shown(`{${NAME},"note":"on it"}`)}: pages stop`,
  ];
}

/** What can be sent at any time. */
export const AT_ANY_TIME: readonly string[] = [
  `by a name alone: \`addNote\`, \`raiseSeverity\` with ${shown(`{${NAME},"note":"why","severity":"critical"}`)}`,
  'by a signed approval (`tourniquet approve <incident> <action>` prints the payload): `extendOverlap`, `lowerSeverity`, `markFalsePositive`',
];

function shown(payload: string): string {
  return payload.startsWith('{') ? `\`${payload}\`` : payload;
}
