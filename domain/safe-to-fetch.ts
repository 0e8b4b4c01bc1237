/** Whether nobody on the way can read or change what goes there: https, or http on loopback. */
export function isSafeToFetch({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

/** The same of a text; one that is no URL is not. */
export function isSafeAddress(text: string): boolean {
  return URL.canParse(text) && isSafeToFetch(new URL(text));
}

/** As a URL names it, IPv6 in brackets. */
export function isLoopback(hostname: string): boolean {
  return ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
}
