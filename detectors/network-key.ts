import ipaddr from 'ipaddr.js';
import { isWholeAddress } from '../domain/whole-address';

/**
 * The network an address belongs to, as one short word: its /24 (IPv4, also when mapped into IPv6) or /48 (IPv6). A loopback
 * address stands for itself, as no two hosts share a loopback network. Empty for anything that is no address, such as the
 * service names and masks that CloudTrail writes.
 */
export function networkKey(address: string): string {
  if (!isWholeAddress(address)) return '';
  const parsed = ipaddr.process(address);
  if (parsed.range() === 'loopback') return parsed.toString();
  if (parsed.kind() === 'ipv4') return `${parsed.toByteArray().slice(0, 3).join('.')}.0/24`;
  const [a = 0, b = 0, c = 0] = (parsed as ipaddr.IPv6).parts;
  return `${a.toString(16)}:${b.toString(16)}:${c.toString(16)}::/48`;
}
