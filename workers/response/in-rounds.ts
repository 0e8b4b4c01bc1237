import type { Logger } from 'pino';
import { errorLabel } from '../log';

/** Does something now and then; a round that fails is logged, and the next one tries it again. */
export function inRounds(
  everyMs: number,
  log: Logger,
  whatFailed: string,
  round: () => Promise<unknown>,
): { stop(): void } {
  const timer = setInterval(() => {
    round().catch((error: unknown) => log.error(errorLabel(error), `${whatFailed}; it is tried again`));
  }, everyMs);
  return { stop: () => clearInterval(timer) };
}
