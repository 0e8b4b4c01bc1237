import ipaddr from 'ipaddr.js';
import { parseNetwork } from '../domain/known-context';

/** Whether an address belongs to a proxy whose word about the client counts. */
export type ProxyList = (address: string) => boolean;

export function compileProxies(networks: readonly string[]): ProxyList {
  const ranges = networks.map(parseNetwork);
  return (address) => {
    if (!ipaddr.isValid(address)) return false;
    const parsed = ipaddr.process(address);
    return ranges.some(([base, bits]) => base.kind() === parsed.kind() && parsed.match(base, bits));
  };
}

/**
 * The client's address: the peer's, unless the peer is a listed proxy; then the rightmost address of X-Forwarded-For that is no
 * listed proxy. Everything further left is the client's own claim.
 */
export function clientAddress(peer: string, forwardedFor: string | undefined, isProxy: ProxyList): string {
  const plainPeer = normalise(peer);
  if (!forwardedFor || !isProxy(plainPeer)) return plainPeer;
  const hops = forwardedFor.split(',').map((hop) => hop.trim());
  for (const hop of hops.reverse()) {
    // A hop that is no address was not written by a proxy of ours.
    if (!ipaddr.isValid(hop)) return plainPeer;
    if (!isProxy(normalise(hop))) return normalise(hop);
  }
  return plainPeer;
}

/** IPv4 in IPv6 form is the same client. */
function normalise(address: string): string {
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : address;
}
