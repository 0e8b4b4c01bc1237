/** What a log may say of any failure: its kind. Messages of others may hold values. */
export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
