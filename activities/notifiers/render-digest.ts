import type { WaitingNotice } from '../../domain/ports/digest-box';
import type { Audience, Notice, RenderedNotice } from '../../domain/ports/notifier';
import { compareSeverity } from '../../domain/severity';
import { adviceFor, EXERCISE, titleOf } from './render-notice';

/** So many are shown with their links, and the others by name: a message of Slack has room for no more. */
const SHOWN = 6;
/** Of the evidence of each, characters. */
const LONGEST_REASON = 100;

/** Notices of one audience, kind and cause as one, the gravest first. Pure; holds no secret. */
export function renderDigest(
  notices: readonly [WaitingNotice, ...WaitingNotice[]],
  audience: Audience,
  allUrl: string,
): RenderedNotice {
  const gravestFirst = [...notices].sort((a, b) => compareSeverity(b.notice.severity, a.notice.severity));
  const { kind, simulated, cause = 'unknown' } = notices[0].notice;
  const { severity } = (gravestFirst[0] ?? notices[0]).notice;
  const count = notices.length;
  const advice = new Set(gravestFirst.flatMap(({ notice }) => adviceFor(notice, audience) ?? []));
  const others = gravestFirst
    .slice(SHOWN)
    .map(({ notice: { credentialId, version } }) => `${credentialId} v${version}`);
  return {
    title: `${simulated ? 'SIMULATED ' : ''}[${severity}] ${count} more credentials: ${TITLES[kind]}`,
    body: [
      ...(simulated ? [EXERCISE] : []),
      `One cause (${cause}), so these are told together:`,
      // Which of them each is of, its own notice says.
      ...(advice.size > 1 ? ['What to do differs; the incident of each says what is so for it:'] : []),
      ...advice,
      ...gravestFirst.slice(0, SHOWN).map((one) => lineOf(one, audience)),
      ...(others.length > 0 ? [`and ${others.length} more: ${others.join(', ')}`, `All incidents: ${allUrl}`] : []),
    ].join('\n'),
    fields: {
      audience,
      kind: 'digest',
      of: kind,
      severity,
      cause,
      count: String(count),
      url: allUrl,
      ...(simulated ? { simulated: 'true' } : {}),
    },
  };
}

/** When, what became of it, and for whoever is told the evidence that, too. */
function lineOf({ at, notice }: WaitingNotice, audience: Audience): string {
  const { ownerTeam, url, reason } = notice;
  const evidence = adviceFor(notice, audience) === undefined ? `; ${shortened(reason)}` : '';
  return `${new Date(at).toISOString().slice(11, 19)} UTC ${titleOf(notice)} (${ownerTeam}${evidence}): ${url}`;
}

function shortened(reason: string): string {
  return reason.length > LONGEST_REASON ? `${reason.slice(0, LONGEST_REASON - 1)}…` : reason;
}

/** Of all of them; each line says what became of its own. */
const TITLES: Readonly<Record<Notice['kind'], string>> = {
  contained: 'leaked',
  resolved: 'dead and replaced',
  restored: 'not leaked, may be used again',
  unresolved: 'not recovered, and their incidents have ended',
  'person-needed': 'a person is needed',
};
