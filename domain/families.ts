/** Evidence of one family is one witness, however many detectors of it speak. */
export const FAMILIES = [
  'listed',
  'origin',
  'travel',
  'spread',
  'volume',
  'workload',
  'lane',
  'signature',
  'probing',
  'intel',
] as const;

export type Family = (typeof FAMILIES)[number];
