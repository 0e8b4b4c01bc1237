import type { Credential, DependentRecord, KnownContext } from '../domain/credential';
import type { Inferred, UnknownPlace } from '../domain/infer-users';
import { shortSubject } from '../domain/subject';

export interface Inference {
  readonly inferred: readonly Inferred[];
  /** Subjects that are used and that nobody has registered, with how often. */
  readonly unregistered: readonly { readonly subject: string; readonly uses: number }[];
}

const MOST_AGENTS = 3;
const MOST_ENDPOINTS = 20;
const MOST_UNREGISTERED = 20;

/**
 * An inventory file for `tourniquet credential import`: each credential as it is registered, with what use adds to it. Only what the inventory itself knows of an address stands there as
 * a proposal; an address that nobody knows is a comment, so that nobody lets a thief in by importing it unread.
 */
export function renderInference({ inferred, unregistered }: Inference): string {
  const news = inferred.filter(({ unknown, usedMostlyBy }) => unknown.length > 0 || usedMostlyBy);
  return [
    `# ${news.length} of ${inferred.length} credentials that were used lately are used by more than the inventory says.`,
    '# A thief’s use looks like any other: take the # away only where you know who it is, complete it, and import it.',
    ...unregistered
      .slice(0, MOST_UNREGISTERED)
      .map(({ subject, uses }) => `# Nobody has registered ${oneLine(shortSubject(subject))}: ${uses} uses.`),
    ...(unregistered.length > MOST_UNREGISTERED
      ? [`# ${unregistered.length - MOST_UNREGISTERED} more are used, and not registered.`]
      : []),
    news.length === 0 ? 'credentials: []' : 'credentials:',
    ...news.flatMap(entryOf),
    '',
  ].join('\n');
}

function entryOf({ credential, uses, explained, unknown, seldom, usedMostlyBy }: Inferred): readonly string[] {
  const { id, provider, account, principal, ownerTeam, enforcement, knownContexts, dependents } = credential;
  const names = freshNames(credential, unknown);
  const newcomers = unknown.flatMap(({ resident }) => resident ?? []);
  const added = newcomers.filter(
    (one, index) => !isIn(dependents, one) && newcomers.findIndex((other) => other.id === one.id) === index,
  );
  const strangers = unknown.filter(({ resident }) => resident === undefined);
  return [
    '',
    `  # ${uses} uses, ${explained} of them from registered contexts${seldom > 0 ? `, ${seldom} from places that were seen too seldom to be named` : ''}.`,
    ...(usedMostlyBy
      ? [
          `  # ${Math.round(usedMostlyBy.share * 100)} % are by services of ${oneLine(usedMostlyBy.team)}: is it theirs?`,
        ]
      : []),
    `  - id: ${json(id)}`,
    `    provider: ${json(provider)}`,
    `    account: ${json(account)}`,
    `    principal: ${json(principal)}`,
    `    ownerTeam: ${json(ownerTeam)}`,
    `    enforcement: ${enforcement}`,
    listOf('knownContexts', knownContexts.length + newcomers.length),
    ...knownContexts.map((context) => `      - ${json(context)}`),
    ...unknown.flatMap((place, index) => contextLines(place, names[index] ?? '', credential)),
    listOf('dependents', dependents.length + added.length),
    ...dependents.map((dependent) => `      - ${json(dependent)}`),
    ...added.map((dependent) => `      - ${json(dependent)}`),
    ...strangers.map(
      (place) => `      # - { id: ${json(nameOf(place))}, kind: …, owner: … } # who it is, and how it is moved`,
    ),
  ];
}

/** An empty one must be said so: with nothing below it, it is no list. */
function listOf(name: string, entries: number): string {
  return `    ${name}:${entries === 0 ? ' [] # in place of [], what follows' : ''}`;
}

function contextLines(place: UnknownPlace, id: string, { enforcement }: Credential): readonly string[] {
  const { address, resident, knownBy, uses, firstAt, lastAt, agents, actions } = place;
  const bits = address.includes(':') ? 128 : 32;
  // Only gateways name what is called as contexts do.
  const endpoints = enforcement === 'gateway' ? actions.filter((name) => /^[A-Z]+ \//.test(name)) : [];
  const context: KnownContext = {
    id,
    networks: [`${address}/${bits}`],
    ...(resident ? { dependent: resident.id } : {}),
    ...(endpoints.length > 0 && endpoints.length <= MOST_ENDPOINTS ? { endpoints } : {}),
  };
  const who = agents.slice(0, MOST_AGENTS).map(oneLine).join(', ') || 'no agent';
  const when = `${new Date(firstAt).toISOString()} to ${new Date(lastAt).toISOString()}`;
  return [
    `      # ${uses} uses by ${who}, ${when}; ${resident ? `${resident.id} lives there, as ${oneLine(knownBy ?? '')} says` : 'nobody knows who lives there'}`,
    `      ${resident ? '' : '# '}- ${json(context)}`,
  ];
}

function freshNames({ knownContexts }: Credential, unknown: readonly UnknownPlace[]): readonly string[] {
  const taken = new Set(knownContexts.map(({ id }) => id));
  return unknown.map((place) => {
    const stem = place.resident?.id ?? nameOf(place);
    let name = stem;
    for (let count = 2; taken.has(name); count++) name = `${stem}-${count}`;
    taken.add(name);
    return name;
  });
}

/** What it calls itself, as an id may be written. */
function nameOf({ agents, address }: UnknownPlace): string {
  const plain = (agents[0] ?? '').replace(/[^\w.-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return plain.slice(0, 64) || `at-${address.replace(/[^\w.]+/g, '-')}`;
}

function isIn(dependents: readonly DependentRecord[], { id }: DependentRecord): boolean {
  return dependents.some((one) => one.id === id);
}

/** JSON is YAML, whatever stands in it. */
function json(value: unknown): string {
  return JSON.stringify(value);
}

function oneLine(value: string): string {
  return value.replace(/[\p{Cc}\s]+/gu, ' ');
}
