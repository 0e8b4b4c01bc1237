import ipaddr from 'ipaddr.js';
import type { KnownContext } from './credential';

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Whether an address lies in one of a context's networks. Networks are parsed once: build it when the contexts change. */
export type ContextMatcher = (address: string) => KnownContext | undefined;

/** @throws Error when a network is not a CIDR range: contexts are checked where the inventory is written. */
export function compileContexts(contexts: readonly KnownContext[]): ContextMatcher {
  const compiled = contexts.map((context) => ({ context, ranges: context.networks.map(parseNetwork) }));
  return (address) => {
    if (!ipaddr.isValid(address)) return undefined;
    const parsed = ipaddr.process(address);
    return compiled.find(({ ranges }) => ranges.some((range) => contains(range, parsed)))?.context;
  };
}

/** A CIDR range, or a single address. */
export function parseNetwork(network: string): Range {
  if (network.includes('/')) return ipaddr.parseCIDR(network);
  const address = ipaddr.process(network);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

/** Whether a text is one of the two. */
export function isNetwork(text: string): boolean {
  try {
    parseNetwork(text);
    return true;
  } catch {
    return false;
  }
}

function contains([base, bits]: Range, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return base.kind() === address.kind() && address.match(base, bits);
}

/** Contexts of an inventory, as an entry of the denylist carries them. */
export function copyContexts(contexts: readonly KnownContext[]): (KnownContext & { networks: string[] })[] {
  return contexts.map((context) => ({ ...context, networks: [...context.networks] }));
}

type CanonicalContext = KnownContext & { networks: string[] };

/** Who is allowed by both lists: contexts go by id, and of their networks what lies in both. Canonical, see `canonicalContexts`. */
export function intersectContexts(a: readonly KnownContext[], b: readonly KnownContext[]): CanonicalContext[] {
  const others = new Map(canonicalContexts(b).map((context) => [context.id, context]));
  const common = canonicalContexts(a).flatMap((context) => {
    const other = others.get(context.id);
    if (!other) return [];
    const networks = intersectNetworks(context.networks, other.networks);
    const dependent = context.dependent ?? other.dependent;
    const endpoints = intersectEndpoints(context.endpoints, other.endpoints);
    return [
      {
        id: context.id,
        networks,
        ...(dependent === undefined ? {} : { dependent }),
        ...(endpoints === undefined ? {} : { endpoints }),
      },
    ];
  });
  return canonicalContexts(common);
}

/** No list is no limit, so any list is narrower. */
function intersectEndpoints(
  a: readonly string[] | undefined,
  b: readonly string[] | undefined,
): readonly string[] | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.filter((endpoint) => b.includes(endpoint));
}

/**
 * One form for all lists that allow the same: each id once and in order, networks and endpoints in order, none twice and no network
 * within another. A network that can't be read allows nobody, and neither does a context without networks.
 */
export function canonicalContexts(contexts: readonly KnownContext[]): CanonicalContext[] {
  const byId = new Map<string, KnownContext>();
  for (const context of contexts) {
    const known = byId.get(context.id);
    byId.set(context.id, known ? { ...known, ...context, ...eitherOf(known, context) } : context);
  }
  return [...byId.values()]
    .map(({ endpoints, ...context }) => ({
      ...context,
      networks: canonicalNetworks(context.networks),
      ...(endpoints === undefined ? {} : { endpoints: [...new Set(endpoints)].sort() }),
    }))
    .filter((context) => context.networks.length > 0)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function eitherOf(a: KnownContext, b: KnownContext): Pick<KnownContext, 'networks' | 'endpoints'> {
  const endpoints = a.endpoints && b.endpoints ? [...a.endpoints, ...b.endpoints] : undefined;
  return { networks: [...a.networks, ...b.networks], endpoints };
}

/** Two CIDR ranges are apart, or one lies within the other: what lies in both is always a range of either list. */
function intersectNetworks(a: readonly string[], b: readonly string[]): string[] {
  const [left, right] = [a.map(parseNetwork), b.map(parseNetwork)];
  const within = (range: Range, ranges: readonly Range[]): boolean => ranges.some((outer) => covers(outer, range));
  return [...left.filter((range) => within(range, right)), ...right.filter((range) => within(range, left))].map(format);
}

function canonicalNetworks(networks: readonly string[]): string[] {
  const distinct = [...new Set(networks.flatMap((network) => readableRange(network).map(format)))];
  const ranges = distinct.map(parseNetwork);
  return distinct.filter((_, n) => !ranges.some((outer, m) => m !== n && covers(outer, ranges[n] as Range))).sort();
}

function readableRange(network: string): Range[] {
  try {
    return [parseNetwork(network)];
  } catch {
    return [];
  }
}

function covers([base, bits]: Range, [inner, innerBits]: Range): boolean {
  return bits <= innerBits && contains([base, bits], inner);
}

function format([base, bits]: Range): string {
  const kind = base.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  return `${kind.networkAddressFromCIDR(`${base.toString()}/${bits}`).toString()}/${bits}`;
}
