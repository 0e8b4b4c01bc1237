import type { Discovery } from '../activities/discovery';

type Found = Discovery['found'][number];

export interface Discovered extends Discovery {
  readonly provider: string;
  readonly account: string;
}

/**
 * An inventory file of what was found, for a person to complete and `tourniquet credential import` to read. What only people know is missing on purpose, so that it can't be imported
 * unread; what the system's record suggests stands there as a proposal.
 */
export function renderDiscovery({ provider, account, found, known, leftOut }: Discovered): string {
  const ids = new Set<string>();
  const entries = found.map((one) => entryOf(one, { provider, account, id: freshId(one.principal, ids) }));
  return [
    `# Found at ${oneLine(provider)} ${oneLine(account)}: ${found.length} that the inventory does not know; ${known} it knows.`,
    ...(leftOut > 0 ? [`# ${leftOut} more are not shown: import these first.`] : []),
    '# Complete it (who owns each, where its value is, who depends on it), take out what is not to be looked after, and import it.',
    found.length === 0 ? 'credentials: []' : 'credentials:',
    ...entries.flat(),
    '',
  ].join('\n');
}

function entryOf(
  { principal, publicId, notes, ownerTeam, usedFrom = [], registeredAs }: Found,
  { provider, account, id }: { readonly provider: string; readonly account: string; readonly id: string },
): readonly string[] {
  const users = [...new Set(usedFrom.map(({ by }) => by).filter((by) => by !== ''))];
  return [
    '',
    ...notes.map((note) => `  # ${oneLine(note)}`),
    ...(registeredAs === undefined
      ? []
      : [`  # ${oneLine(principal)} is registered as ${registeredAs}, and this is another value of it: whose?`]),
    `  - id: ${text(id)}`,
    `    provider: ${text(provider)}`,
    `    account: ${text(account)}`,
    `    principal: ${text(principal)}`,
    ownerTeam === undefined
      ? '    # ownerTeam: nothing says whose it is'
      : `    ownerTeam: ${text(ownerTeam)} # as its system says`,
    '    enforcement: provider',
    ...contextsOf(usedFrom),
    ...(users.length === 0
      ? []
      : [`    # dependents: it is used right now by ${users.map(oneLine).join(', ')}; say how each is moved`]),
    `    version: { publicId: ${text(publicId)} } # and valueFile or valueEnv: where its value is`,
  ];
}

/** By address, with what uses it. */
function contextsOf(usedFrom: NonNullable<Found['usedFrom']>): readonly string[] {
  const networks = [...new Set(usedFrom.map(({ network }) => network))];
  if (networks.length === 0) return [];
  return [
    '    knownContexts: # it is used from there right now',
    ...networks.map((network, index) => {
      const users = usedFrom.filter((use) => use.network === network && use.by !== '').map(({ by }) => oneLine(by));
      return `      - { id: ${text(`seen-${index + 1}`)}, networks: [${text(network)}] }${users.length > 0 ? ` # ${users.join(', ')}` : ''}`;
    }),
  ];
}

function freshId(principal: string, taken: Set<string>): string {
  const plain = principal.replace(/[^\w.:@-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  const stem = plain.slice(0, 120) || 'credential';
  let id = stem;
  for (let count = 2; taken.has(id); count++) id = `${stem}-${count}`;
  taken.add(id);
  return id;
}

/** JSON is YAML, whatever stands in it. */
function text(value: string): string {
  return /^[A-Za-z][\w.-]*$/.test(value) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(value)
    ? value
    : JSON.stringify(value);
}

function oneLine(value: string): string {
  return value.replace(/[\p{Cc}\s]+/gu, ' ');
}
