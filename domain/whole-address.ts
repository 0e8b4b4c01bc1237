import ipaddr from 'ipaddr.js';

/**
 * Whether a text is an address as everybody reads it, of no machine's own zone. ipaddr.js takes `10`, `0x7f.1` and `010.0.0.1` as well, as inet_aton does: those are other
 * addresses to other readers, or none.
 */
export function isWholeAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || (ipaddr.IPv6.isValid(text) && !text.includes('%'));
}
