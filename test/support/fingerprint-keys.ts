/** Keys of tests: new subjects use the first. */
export const TEST_FINGERPRINT_KEYS = [
  { id: 'k1', key: Buffer.alloc(32, 1) },
  { id: 'k0', key: Buffer.alloc(32, 2) },
] as const;
