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

function contains([base, bits]: Range, address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return base.kind() === address.kind() && address.match(base, bits);
}
