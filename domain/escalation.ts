/** Who is told by name; the standard ones are design.md's, others are the settings file's. */
export interface EscalationStep {
  readonly tell: readonly string[];
  /** After the question was asked, in seconds; rising from step to step. */
  readonly afterSeconds: number;
}

/** Who is asked, in what order, after how long, and what happens when nobody answers; design.md rule 9. */
export interface Escalation {
  /** At least one. After the last one it is repeated, less and less often. */
  readonly steps: readonly EscalationStep[];
  readonly onSilence: {
    /** Containing what nobody could be told apart for is harmless to undo: it proceeds. Own and break-glass credentials always wait. */
    readonly contain: { readonly afterSeconds: number } | 'wait';
    /** A step that failed is tried again by itself with every page, or waits for a person. */
    readonly failedStep: 'try-again' | 'wait';
    /** An incident that nobody answers is closed after this long, in seconds: still contained, and its outcome says so. */
    readonly closeAfterSeconds: number;
  };
}

const MINUTE = 60;
const DAY = 86_400;

/** Everybody at once; what is destructive waits, and nothing waits for ever. */
export const DEFAULT_ESCALATION: Escalation = {
  steps: [{ tell: ['engineering', 'security', 'product'], afterSeconds: 0 }],
  onSilence: {
    contain: { afterSeconds: 30 * MINUTE },
    failedStep: 'try-again',
    closeAfterSeconds: 30 * DAY,
  },
};
