import type { Audience, Notice, RenderedNotice } from '../../domain/ports/notifier';

/** The fields that a message shows beside its text, where it has room for few. */
export const SHOWN_FIELDS = ['credential', 'severity', 'ownerTeam', 'provider'] as const;

/** The text for one audience's role: what to do, what is proven, what customers may notice. Pure; holds no secret. */
export function renderNotice(notice: Notice, audience: Audience): RenderedNotice {
  const what = `${notice.credentialId} v${notice.version}`;
  return {
    title: `${notice.simulated ? 'SIMULATED ' : ''}[${notice.severity}] ${TITLES[notice.kind](what, notice)}`,
    body: [
      ...(notice.simulated ? ['SIMULATED: an exercise. Nothing leaked; what was done is real.'] : []),
      notice.summary,
      (BODIES[audience] ?? BODIES.security)(notice),
      `Incident: ${notice.url}`,
    ].join('\n'),
    fields: {
      audience,
      kind: notice.kind,
      incident: notice.incidentId,
      run: notice.runId,
      credential: notice.credentialId,
      version: String(notice.version),
      provider: notice.provider,
      ownerTeam: notice.ownerTeam,
      severity: notice.severity,
      url: notice.url,
      ...(notice.simulated ? { simulated: 'true' } : {}),
    },
  };
}

const TITLES: Readonly<Record<Notice['kind'], (what: string, notice: Notice) => string>> = {
  contained: (what, { leftToPerson, endsOnly, provider }) =>
    leftToPerson || endsOnly
      ? `${what} leaked, is refused at the gateways, and works at ${provider}`
      : `${what} leaked and is contained`,
  resolved: (what) => `${what} is dead and replaced`,
  unresolved: (what) => `${what} is not recovered, and its incident has ended`,
  'person-needed': (what) => `${what} needs a person`,
};

/** Whoever else is asked gets what security gets: the evidence. */
const BODIES: Readonly<Partial<Record<Audience, (notice: Notice) => string>>> & {
  security: (notice: Notice) => string;
} = {
  engineering: (notice) =>
    notice.leftToPerson
      ? `Owner ${notice.ownerTeam}: Tourniquet can do nothing at ${notice.provider}. Nothing is replaced or moved by itself: a person must.`
      : `Owner ${notice.ownerTeam}: dependents are moved to the new version; nothing to do unless asked here.`,
  security: (notice: Notice) => `Evidence: ${notice.reason}`,
  product: (notice) =>
    notice.leftToPerson
      ? 'Whatever used it through a gateway fails until a person has replaced it.'
      : 'Customers should notice nothing, or a short delay while services change over.',
};
