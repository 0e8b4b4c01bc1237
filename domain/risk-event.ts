import { z } from 'zod';
import { LAST_TIME } from './last-time';
import { riskFaults, type RiskThresholds } from './risk';

/** The least a chance may be is where it says something, the most is what detectors reach: nobody switches detection off, or acts on a guess, by a slip of a digit. */
export const riskThresholds = z.strictObject({
  halfLifeMinutes: z
    .number()
    .int()
    .min(5)
    .max(7 * 24 * 60)
    .describe('After so long evidence weighs half.'),
  // No detector says less than 0.25: what is said now is always a witness.
  leastWitness: z.number().min(0.05).max(0.25).describe('A family that has decayed below this is no witness any more.'),
  strong: z.number().min(0.5).max(0.9).describe('Medium from here; one family alone never makes more.'),
  confident: z.number().min(0.6).max(0.95).describe('High from here, where two families or more say it.'),
  harmful: z
    .number()
    .min(0.6)
    .max(0.99)
    .describe('Critical from here, where it is high and an accused use has written or administered.'),
}) satisfies z.ZodType<RiskThresholds>;

/** From here on a partition weighs by these. It stands in the stream among the uses, so that what is found stays a function of the partition's events. */
export const riskEvent = z.strictObject({
  kind: z.literal('risk'),
  id: z.string().min(1).max(200),
  at: z.number().int().nonnegative().max(LAST_TIME),
  thresholds: riskThresholds.refine((risk) => riskFaults(risk).length === 0, 'graver is easier to reach'),
});

export type RiskEvent = z.infer<typeof riskEvent>;
