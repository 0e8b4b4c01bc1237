import { z } from 'zod';
import { holdsOurValue } from '../domain/token-format';

/** One thing that is wrong with a request. `index` is the place in a batch. Names fields, never their values: one may be a secret. */
export interface Fault {
  readonly index?: number;
  readonly field: string;
  readonly fault: string;
}

/** A request that can't be read; nothing was done. */
export class InvalidRequest extends Error {
  override readonly name = 'InvalidRequest';

  constructor(readonly faults: readonly Fault[]) {
    super(`${faults.length} faults`);
  }
}

/** @throws InvalidRequest with every fault */
export function readRequest<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new InvalidRequest(faultsOf(parsed.error));
  return parsed.data;
}

export function faultsOf(error: z.ZodError, index?: number): Fault[] {
  return error.issues.map((issue) => ({
    ...(index === undefined ? {} : { index }),
    field: issue.path.map(String).join('.'),
    // The library's own text would name the unknown field, and what stands there may be anything.
    fault: issue.code === 'unrecognized_keys' ? 'has a field that is not known here' : issue.message,
  }));
}

/** A text that people, logs and workflows will see. */
export function openText(max: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((text) => !holdsOurValue(text), 'holds a secret value, and would be shown to people');
}
