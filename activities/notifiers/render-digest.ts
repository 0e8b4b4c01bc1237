import type { Audience, Notice, RenderedNotice } from '../../domain/ports/notifier';
import { compareSeverity } from '../../domain/severity';
import { adviceFor, EXERCISE, titleOf } from './render-notice';

/** So many are shown one by one: a message of Slack has room for no more with their links. */
const SHOWN = 12;

/** Notices of one audience, kind and cause as one, the gravest first. Pure; holds no secret. */
export function renderDigest(
  notices: readonly [Notice, ...Notice[]],
  audience: Audience,
  allUrl: string,
): RenderedNotice {
  const gravestFirst = [...notices].sort((a, b) => compareSeverity(b.severity, a.severity));
  const { kind, simulated, cause = 'unknown' } = notices[0];
  const { severity } = gravestFirst[0] ?? notices[0];
  const count = notices.length;
  const advice = new Set(gravestFirst.flatMap((notice) => adviceFor(notice, audience) ?? []));
  return {
    title: `${simulated ? 'SIMULATED ' : ''}[${severity}] ${count} more credentials: ${TITLES[kind]}`,
    body: [
      ...(simulated ? [EXERCISE] : []),
      `One cause (${cause}), so these are told together:`,
      ...(advice.size === 1 ? advice : []),
      ...gravestFirst.slice(0, SHOWN).map((notice) => `${titleOf(notice)} (${notice.ownerTeam}): ${notice.url}`),
      ...(count > SHOWN ? [`and ${count - SHOWN} more: ${allUrl}`] : []),
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

/** Of all of them; each line says what became of its own. */
const TITLES: Readonly<Record<Notice['kind'], string>> = {
  contained: 'leaked',
  resolved: 'dead and replaced',
  restored: 'not leaked, may be used again',
  unresolved: 'not recovered, and their incidents have ended',
  'person-needed': 'a person is needed',
};
