/** A text in 48 bits: two FNV-1a hashes of different seeds, 32 and 16 bits of them. Not against anybody who looks for two that are alike. */
export function hash48(text: string): number {
  let low = 0x811c9dc5;
  let high = 0x9747b28c;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x01000193);
  }
  return (low >>> 0) + ((high >>> 16) & 0xffff) * 0x100000000;
}
