/** The value of an `Authorization` header by which a client of OAuth tells its secret (RFC 6749, 2.3.1): both parts are form-encoded first. */
export function basicCredentials(clientId: string, clientSecret: string): string {
  const encoded = [clientId, clientSecret].map((text) => new URLSearchParams({ '': text }).toString().slice(1));
  return `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`;
}
