import type { RehearsalReport } from '../messages';

/** The page of a dry run in the Temporal Web UI. */
export function renderRehearsal({ credentialId, version, plan, steps }: RehearsalReport): string {
  return [
    '> **DRY RUN:** nothing was refused, replaced, revoked or told.',
    '',
    `**${credentialId} v${version}** would be refused (${plan.quarantine.mode}, by the ${plan.quarantine.enforcedBy}); severity ${plan.severity}.`,
    '',
    `- **Gap:** ${plan.expectedGap}`,
    ...plan.reasons.map((reason) => `- ${reason}`),
    '',
    '| Step | Ready | |',
    '|---|---|---|',
    ...steps.map(
      ({ step, ready, detail }) => `| ${step} | ${ready ? '✓' : '**no**'} | ${detail.replaceAll('|', '/')} |`,
    ),
  ].join('\n');
}
