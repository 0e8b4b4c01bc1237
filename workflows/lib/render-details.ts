import { joinEventIds, shownEventId } from '../../domain/event-ids';
import type { Incident, Milestone } from '../../domain/incident';
import { reachesProvider } from '../../domain/response-plan';
import type { IncidentView } from '../messages';
import { pendingQuestions } from './answers';
import { AT_ANY_TIME, howToAnswer } from './how-to-answer';

const MILESTONES: readonly (readonly [Milestone, string])[] = [
  ['contained', 'Refused everywhere'],
  ['replaced', 'Replacement minted'],
  ['moved', 'Dependents moved'],
  ['revoked', 'Leaked version revoked'],
  ['verified', 'Verified dead'],
  ['notified', 'People told'],
  ['closed', 'Closed'],
];

/** Events on the page, which the Web UI cuts off where it is long. */
const MOST_SHOWN = 5;

function refusedWhere({ plan }: IncidentView): string {
  return plan && !reachesProvider(plan) ? 'Refused at the gateways' : 'Refused everywhere';
}

/** The live Markdown page of an incident in the Temporal Web UI: where it is, what it waits for, what a person can send. */
export function renderDetails(view: IncidentView): string {
  const { incident, plan, credential } = view;
  return [
    ...(view.simulated ? ['> **SIMULATED:** nothing leaked. The response is real.', ''] : []),
    `**${headline(incident)}** · severity **${incident.evidence.severity}** · ${incident.detections} detections`,
    '',
    `- **Why:** ${inLine(incident.evidence.reason)}`,
    ...provenBy(incident),
    ...(credential
      ? [
          `- **Credential:** ${view.credentialId} v${view.version}, ${credential.provider}, owner ${credential.ownerTeam}`,
        ]
      : []),
    ...(plan
      ? [
          `- **Plan:** ${plan.strategy}, ${plan.quarantine.mode} enforced by the ${plan.quarantine.enforcedBy}. ${plan.expectedGap}`,
        ]
      : []),
    ...(view.discoveredDependents
      ? [
          `- **Discovered dependents:** ${view.discoveredDependents.join(', ')} still use the old version and are in no registry`,
        ]
      : []),
    ...(plan?.leftToPerson ? [`- **Left to a person:** ${plan.leftToPerson.join('; ')}`] : []),
    ...pendingQuestions(view).flatMap((question) => [
      '',
      `> **A person is needed:** ${inLine(question.question)}`,
      '>',
      ...howToAnswer(question).map((way) => `> - ${way}`),
    ]),
    '',
    '| Stage | After first abuse |',
    '|---|---|',
    ...MILESTONES.map(
      ([milestone, label]) =>
        `| ${mark(incident, milestone)} ${milestone === 'contained' ? refusedWhere(view) : label} | ${elapsed(incident, milestone)} |`,
    ),
    // Before the timeline: the Web UI cuts long pages off.
    ...(incident.outcome ? [] : ['', '**What you can send**', '', ...AT_ANY_TIME.map((way) => `- ${way}`)]),
    '',
    '**Timeline**',
    '',
    ...incident.timeline.slice(-15).map((entry) => `- \`${clock(entry.at)}\` ${inLine(entry.note)}`),
  ].join('\n');
}

/** The first event, that of the gravest detection, and the latest; `tourniquet incident show` names all that are known. */
function provenBy({ evidence: { eventIds = [], gravestEventId = '' } }: Incident): string[] {
  if (eventIds.length === 0) return [];
  const shown = joinEventIds([], eventIds, MOST_SHOWN, [gravestEventId]).map((id) => `\`${shownEventId(id)}\``);
  const more = eventIds.length - shown.length;
  return [`- **Proven by:** ${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`];
}

function headline(incident: Incident): string {
  return incident.outcome ? `Closed: ${incident.outcome}` : incident.stage;
}

function mark(incident: Incident, milestone: Milestone): string {
  return incident.milestones[milestone] === undefined ? '·' : '✓';
}

function elapsed(incident: Incident, milestone: Milestone): string {
  const at = incident.milestones[milestone];
  return at === undefined ? '' : `${((at - incident.evidence.firstAbuseAt) / 1000).toFixed(2)} s`;
}

function clock(at: number): string {
  const time = new Date(at);
  return Number.isNaN(time.getTime()) ? '?' : time.toISOString().slice(11, 23);
}

/** What others wrote stays in its own line: a note must not look like a question, or like what we say. */
function inLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}
