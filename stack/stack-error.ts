/** Stable codes: callers and tests switch on these, never on the text. */
export type StackErrorCode =
  | 'ADDRESS_UNREACHABLE'
  | 'BUILD_FAILED'
  | 'DATABASE_NOT_OURS'
  | 'DATA_FROM_OTHER_VERSION'
  | 'DIRECTORY_IN_USE'
  | 'DIRECTORY_NOT_REACHABLE'
  | 'DOWNLOAD_FAILED'
  | 'INITDB_FAILED'
  | 'LOCK_TIMEOUT'
  | 'NO_FREE_PORT'
  | 'NO_UNPRIVILEGED_USER'
  | 'PROGRAM_NOT_FOUND'
  | 'SERVER_EXITED'
  | 'SERVER_NOT_READY';

/** What the local stack throws. The message says what happened and what to do next. */
export class StackError extends Error {
  override readonly name = 'StackError';

  constructor(
    readonly code: StackErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The shortest honest text of something that was thrown. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
