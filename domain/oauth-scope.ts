/** One scope as RFC 6749 section 3.3 has it; several stand with a space between them. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** Those that can be written in one line, one after the other. What else a credential may have would read as something that it may not. */
export function scopeLine(scopes: readonly string[]): string {
  return scopes.filter((scope) => SCOPE.test(scope)).join(' ');
}

/** Each once, in order; undefined where it is no list of scopes. */
export function parseScopes(line: string): readonly string[] | undefined {
  const scopes = line.split(' ');
  return scopes.every((scope) => SCOPE.test(scope)) ? [...new Set(scopes)] : undefined;
}
