import { Context, log } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';
import { IncidentError, isRetryable } from '../domain/errors';
import type { CallContext } from '../domain/ports/effect';
import { nextRetryDelay } from './next-retry-delay';
import { nameOf } from '../domain/name-of';

/** Expected while waiting for others: not worth an alarm, so the SDK logs and counts it quietly. */
const BENIGN = new Set<string>(['DEPENDENT_NOT_MOVED', 'SESSIONS_REMAIN', 'WAVE_NOT_SEEN']);

const HEARTBEAT_MS = 1_000;

type Activity = (...args: never[]) => Promise<unknown>;

/**
 * The one place where our errors become Temporal's: `type` is the stable code, and nothing of an unknown error's text goes into
 * a history, since drivers put connection strings and values into their messages.
 */
export function atActivityEdge<T extends Record<string, Activity>>(activities: T): T {
  const wrapped = Object.entries(activities).map(([name, activity]) => {
    const run = async (...args: never[]): Promise<unknown> => {
      // The worker lives: that is what a heartbeat proves, and how a cancellation comes back. Each call bounds its own time.
      const context = Context.current();
      const began = performance.now();
      const beat = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
      try {
        return await activity(...args);
      } catch (error) {
        throw toFailure(name, error, performance.now() - began);
      } finally {
        clearInterval(beat);
      }
    };
    return [name, run];
  });
  return Object.fromEntries(wrapped) as T;
}

/** What adapters get: cancellation, heartbeats and the step's key. */
export function callContext(idempotencyKey: string): CallContext {
  const context = Context.current();
  return {
    idempotencyKey,
    signal: context.cancellationSignal,
    heartbeat: (progress) => context.heartbeat(progress),
  };
}

/**
 * When the step was decided (milliseconds since the epoch), the same for every attempt: an attempt that comes late, or a second one after
 * a crash, must not look like a newer decision.
 */
export function stepTime(): number {
  return Context.current().info.scheduledTimestampMs;
}

function toFailure(activity: string, error: unknown, ranMs: number): Error {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  if (error instanceof IncidentError) {
    const delay = nextRetryDelay(error.fields['retryAfterMs'], Context.current().info, ranMs);
    return ApplicationFailure.create({
      type: error.code,
      message: error.message,
      nonRetryable: !isRetryable(error.code),
      details: [error.fields],
      ...(delay === undefined ? {} : { nextRetryDelay: delay }),
      ...(BENIGN.has(error.code) ? { category: ApplicationFailureCategory.BENIGN } : {}),
    });
  }
  const name = nameOf(error);
  // A call that stopped because it was told to is no failure.
  if (name === 'AbortError' && Context.current().cancellationSignal.aborted) return new CancelledFailure('cancelled');
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  log.error('an activity failed with an error that has no code', { activity, error: name, errorCode: code });
  return ApplicationFailure.create({
    type: 'INTERNAL',
    message: `INTERNAL (${activity}): ${name}${code ? ` ${code}` : ''}`,
  });
}
