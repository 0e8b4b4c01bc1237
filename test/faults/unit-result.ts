/** Something that must hold and did not, and the case that shows it (`npm run test:faults -- --case '…'`). */
export interface Violation {
  readonly case: string;
  readonly what: string;
}

/** What one unit of work came to. Finished ones are kept, so that a run can go on where it was stopped. */
export interface UnitResult {
  readonly unit: string;
  readonly cases: number;
  readonly violations: readonly Violation[];
}
