/** What can go wrong with one attempt of an activity. `-before` and `-after`: its effect. */
export const FAULT_KINDS = [
  'fails-before',
  'fails-after',
  'times-out-before',
  'times-out-after',
  'refused',
  'worker-lost-before',
  'worker-lost-after',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** Kinds that may also last: then every attempt of the call ends so, until it is given up. */
const LASTING_KINDS: readonly FaultKind[] = ['fails-before', 'fails-after', 'times-out-before', 'times-out-after'];

/** One fault of a case. */
export interface Fault {
  /** Which call: `activity:step#occurrence` (call-book.ts). */
  readonly call: string;
  readonly kind: FaultKind;
  readonly lasts: boolean;
}

/** In pairs one lasting fault that leaves no effect and one that leaves one: to the saga the others come out the same. */
const LASTING_IN_PAIRS: readonly FaultKind[] = ['fails-before', 'times-out-after'];

/** Everything that can go wrong with one call. */
export function faultsOf(call: string, within: 'single' | 'pair'): readonly Fault[] {
  const lasting = within === 'single' ? LASTING_KINDS : LASTING_IN_PAIRS;
  return [
    ...FAULT_KINDS.map((kind) => ({ call, kind, lasts: false })),
    ...lasting.map((kind) => ({ call, kind, lasts: true })),
  ];
}

/** Whether it is one of those that pairs are made of. */
export function isOfPairs({ kind, lasts }: Fault): boolean {
  return !lasts || LASTING_IN_PAIRS.includes(kind);
}

/** As it is printed, and given to `--case`. */
export function nameOfFault({ call, kind, lasts }: Fault): string {
  return `${call}=${kind}${lasts ? '!' : ''}`;
}

/** @throws when it names no fault */
export function parseFault(text: string): Fault {
  const { call, kind, lasts } = /^(?<call>.+)=(?<kind>[a-z-]+)(?<lasts>!?)$/.exec(text)?.groups ?? {};
  const known = FAULT_KINDS.find((one) => one === kind);
  if (!call || !known) throw new Error(`no fault: ${text} (activity:step#occurrence=kind)`);
  return { call, kind: known, lasts: lasts === '!' };
}
