import type { Audience, Notice, RenderedNotice } from '../../domain/ports/notifier';

/** The fields that a message shows beside its text, where it has room for few. */
export const SHOWN_FIELDS = ['credential', 'severity', 'ownerTeam', 'provider'] as const;

/** The text for one audience's role: what to do, what is proven, what customers may notice. Pure; holds no secret. */
export function renderNotice(notice: Notice, audience: Audience): RenderedNotice {
  return {
    title: titleOf(notice),
    body: [
      ...(notice.simulated ? [EXERCISE] : []),
      notice.summary,
      roleText(notice, audience),
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
      ...(notice.kind === 'contained' && (notice.lane || !isRefusedThere(notice)) ? { refusedAt: 'gateways' } : {}),
      ...(notice.simulated ? { simulated: 'true' } : {}),
    },
  };
}

/** What it says of an exercise first. */
export const EXERCISE = 'SIMULATED: an exercise. Nothing leaked; what was done is real.';

/** One line: how grave, which credential, and what became of it. */
export function titleOf(notice: Notice): string {
  const what = `${notice.credentialId} v${notice.version}`;
  return `${notice.simulated ? 'SIMULATED ' : ''}[${notice.severity}] ${TITLES[notice.kind](what, notice)}`;
}

/** What engineering is to do, or customers may notice; undefined for whoever gets the evidence instead. */
export function adviceFor(notice: Notice, audience: Audience): string | undefined {
  return ADVICE.get(audience)?.[notice.kind](notice);
}

/** What an audience needs to know for its role. Whoever else is asked gets what security gets: the evidence. */
function roleText(notice: Notice, audience: Audience): string {
  const advice = adviceFor(notice, audience);
  if (advice === undefined) return `Evidence: ${notice.reason}`;
  return audience === 'engineering' ? `Owner ${notice.ownerTeam}: ${advice}` : advice;
}

const TITLES: Readonly<Record<Notice['kind'], (what: string, notice: Notice) => string>> = {
  contained: (what, notice) =>
    isRefusedThere(notice)
      ? `${what} leaked and is contained`
      : `${what} leaked, is refused at the gateways, and ${notice.mayBeEnded ? 'may work' : 'works'} at ${notice.provider}`,
  resolved: (what) => `${what} is dead and replaced`,
  restored: (what) => `${what} has not leaked and may be used again`,
  unresolved: (what) => `${what} is not recovered, and its incident has ended`,
  'person-needed': (what) => `${what} needs a person`,
};

type Text = (notice: Notice) => string;

const ENGINEERING: Readonly<Record<Notice['kind'], Text>> = {
  contained: ({ leftToPerson, provider }) =>
    leftToPerson
      ? `Tourniquet can do nothing at ${provider}. Nothing is replaced or moved by itself: a person must.`
      : 'dependents are moved to the new version; nothing to do unless asked here.',
  resolved: () => 'dependents were moved to the new version, but those that are named here.',
  restored: () => 'its refusal is lifted; nothing to do, but what is said here.',
  unresolved: () => 'nothing is done by itself any more; what is left is said here.',
  // Asked, or told what nothing waits for.
  'person-needed': () => 'a person must look at what is said here; whether it waits for an answer, the incident shows.',
};

const PRODUCT: Readonly<Record<Notice['kind'], Text>> = {
  contained: ({ leftToPerson }) =>
    leftToPerson
      ? 'Whatever used it through a gateway fails until a person has replaced it.'
      : 'Customers should notice nothing, or a short delay while services change over.',
  resolved: () =>
    'Customers should notice nothing more of it, unless this names what has not moved, or is still to be mended.',
  restored: () => 'Customers should notice nothing more of it, unless this names what is still to be mended.',
  unresolved: () =>
    'Customers may notice that what depends on it fails, until engineering has mended what is said here.',
  'person-needed': () =>
    'Customers may notice that what depends on it fails, until somebody has looked at what is said here.',
};

const ADVICE: ReadonlyMap<Audience, typeof ENGINEERING> = new Map([
  ['engineering', ENGINEERING],
  ['product', PRODUCT],
]);

/** Where it was issued, and not by gateways alone. */
function isRefusedThere({ leftToPerson, endsOnly }: Notice): boolean {
  return !leftToPerson && !endsOnly;
}
