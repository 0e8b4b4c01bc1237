import { CancellationScope } from '@temporalio/workflow';

export interface UndoFailure {
  readonly name: string;
  readonly error: unknown;
}

/** Is told what could not be undone before it. */
type Undo = (failed: readonly UndoFailure[]) => Promise<unknown>;

/**
 * What to do to go back. An undo is registered before the step it undoes, since a step that timed out may have had its effect;
 * so each must be harmless when there is nothing to undo.
 */
export class UndoStack {
  readonly #undos: { readonly name: string; readonly undo: Undo }[] = [];

  register(name: string, undo: Undo): void {
    this.#undos.push({ name, undo });
  }

  /** Runs all in reverse order, also when the workflow is cancelled. A failed one is reported and stops no other. */
  async run(): Promise<readonly UndoFailure[]> {
    return CancellationScope.nonCancellable(async () => {
      const failures: UndoFailure[] = [];
      for (const { name, undo } of this.#undos.splice(0).reverse()) {
        try {
          await undo(failures);
        } catch (error) {
          failures.push({ name, error });
        }
      }
      return failures;
    });
  }
}
