/** Whether nobody on the way can read or change what goes there: https, or http on loopback. */
export function isSafeToFetch({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

/** As a URL names it, IPv6 in brackets. */
export function isLoopback(hostname: string): boolean {
  return ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
}
