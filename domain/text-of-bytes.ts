/** What these bytes say in UTF-8; they are not copied first, as `Buffer.from` would. */
export function textOfBytes({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('utf8');
}
