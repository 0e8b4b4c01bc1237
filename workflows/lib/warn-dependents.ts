import { CancellationScope, patched, sleep } from '@temporalio/workflow';
import type { Leak, Rotating } from './leak';
import { tellBeside } from './tell-beside';

/** People are told when this share of the time for dependents is over; design.md's table. */
const WARN_AT = [0.5, 0.8] as const;

/** Begins to count: people are warned while the scope is not cancelled. */
export function startWarnings(leak: Leak, seconds: number): CancellationScope {
  const warnings = new CancellationScope();
  // Ends with its scope; that it was cancelled is no news.
  warnings.run(() => warnPeople(leak, seconds)).catch(() => undefined);
  return warnings;
}

/** Dependents have another time now: people are warned at its half, and not at that of the old one. */
export function warnAnew(leak: Leak, { warnings }: Rotating, seconds: number): CancellationScope {
  if (!patched('warn-anew')) return warnings;
  warnings.cancel();
  return startWarnings(leak, seconds);
}

async function warnPeople({ desk, input }: Leak, overlapSeconds: number): Promise<void> {
  let over = 0;
  for (const share of WARN_AT) {
    await sleep((share - over) * overlapSeconds * 1000, {
      summary: `Tell people at ${share * 100} % of the time for dependents`,
    });
    over = share;
    await tellBeside(
      desk,
      `${share * 100} % of the time for the dependents of ${input.credentialId} is over, and not all have moved.`,
    );
  }
}
