import type { Credential, SecretVersion } from '../domain/credential';
import { addUses, type ContextUse } from '../domain/sighting';
import type { ActivityDeps } from './deps';
import type { IncidentStep } from './incident-step';

/** Use of one version from one place. */
export interface ObservedContext {
  /** Id of the known context, or `elsewhere`. */
  readonly context: string;
  /** The dependent that the inventory says lives there. */
  readonly dependent?: string;
  /** Whether that is a dependent of this credential: one that is not is *discovered*, and nobody moves it. */
  readonly registered: boolean;
  /** Milliseconds since the epoch; 0 when none was accepted since the time that was asked about. */
  readonly lastAcceptedAt: number;
  /** Since an incident first contained a version of the credential; 0 when none is as late as was asked about. */
  readonly accepted: number;
  /** The same of uses that were refused or broke. */
  readonly failed: number;
}

export interface ObservedUse {
  readonly at: number;
  /**
   * Whether silence means anything: some use of any version of this credential, accepted or refused, was seen in the last thirty days. Where
   * nothing ever was, nothing that we read would show its use.
   */
  readonly visible: boolean;
  /** Only those with use at or after the time that was asked about. */
  readonly contexts: readonly ObservedContext[];
}

export interface ObserveUseInput extends IncidentStep {
  /** The version whose use is asked about: the old one, or its replacement. */
  readonly of: number;
  /** Milliseconds since the epoch, by the clocks of those that recorded the use. */
  readonly since: number;
}

type UseDeps = Pick<ActivityDeps, 'inventory' | 'uses'>;

/** What the traffic says, beside what dependents say of themselves. */
export function createUseActivities(deps: UseDeps) {
  return {
    /** Who used a version since a time. Changes nothing; a use shows up here one to two seconds after it was recorded. */
    async observeUse(input: ObserveUseInput): Promise<ObservedUse> {
      const credential = await deps.inventory.credential(input.credentialId);
      const version = await deps.inventory.version(input.credentialId, input.of);
      return useOf(deps, credential, version, input.since);
    },
  };
}

/** The same for whoever has looked them up already. `since`: milliseconds since the epoch. */
export async function useOf(
  deps: UseDeps,
  credential: Credential,
  version: SecretVersion,
  since: number,
): Promise<ObservedUse> {
  const seen = await seenOf(deps, version);
  const contexts = (seen ?? [])
    .filter((use) => use.lastAcceptedAt >= since || use.lastFailedAt >= since)
    .map((use) => observed(use, credential, since));
  return { at: Date.now(), visible: seen !== undefined || (await anySeen(deps, credential)), contexts };
}

/** Undefined when none of its subjects was ever seen. */
async function seenOf(
  { uses }: Pick<ActivityDeps, 'uses'>,
  { subjects }: SecretVersion,
): Promise<readonly ContextUse[] | undefined> {
  const found = await Promise.all(subjects.map((subject) => uses.seen(subject)));
  const seen = found.flatMap((one) => (one ? [one.contexts] : []));
  return seen.length === 0 ? undefined : seen.reduce<readonly ContextUse[]>(addUses, []);
}

async function anySeen(deps: UseDeps, { id }: Credential): Promise<boolean> {
  const versions = await deps.inventory.versions(id);
  const seen = await Promise.all(versions.map((version) => seenOf(deps, version)));
  return seen.some((one) => one !== undefined);
}

function observed(use: ContextUse, { knownContexts, dependents }: Credential, since: number): ObservedContext {
  const dependent = knownContexts.find(({ id }) => id === use.context)?.dependent;
  const isAccepted = use.lastAcceptedAt >= since;
  return {
    context: use.context,
    ...(dependent === undefined ? {} : { dependent }),
    registered: dependents.some(({ id }) => id === dependent),
    lastAcceptedAt: isAccepted ? use.lastAcceptedAt : 0,
    accepted: isAccepted ? use.accepted : 0,
    failed: use.lastFailedAt >= since ? use.failed : 0,
  };
}
