import { z } from 'zod';
import {
  jsonOf,
  ListUnreadable,
  NOT_UNDERSTOOD,
  NOT_YET_VALID,
  OTHER_MATTER,
  REVOKED,
  timeOf,
  type Entry,
  type IntelFormat,
} from './format';
import { addressesIn } from './stix-pattern';

/** A bundle of STIX 2.0 or 2.1, or what TAXII 2.1 calls an envelope. */
const bundle = z.object({ objects: z.array(z.unknown()).optional() });

const indicator = z.object({
  type: z.literal('indicator'),
  pattern: z.string(),
  pattern_type: z.string().default('stix'),
  valid_from: z.string().optional(),
  valid_until: z.string().optional(),
  revoked: z.boolean().default(false),
});

const versioned = z.object({ id: z.string(), modified: z.string() });

/**
 * STIX 2.1 bundles: indicators whose pattern names addresses, from `valid_from` until `valid_until`, each in its newest version. Revoked ones say nothing, and
 * addresses outside of an indicator are what somebody saw, not what is hostile.
 */
export const stix: IntelFormat = { entries };

function* entries(text: string, readAt: number): Generator<Entry> {
  const parsed = bundle.safeParse(jsonOf(text));
  if (!parsed.success) throw new ListUnreadable('no STIX bundle: an object with "objects" is missing');
  for (const object of newest(parsed.data.objects ?? [])) yield* entriesOf(object, readAt);
}

/** Without versions that a later one of the same bundle replaces. What has no version is itself. */
function newest(objects: readonly unknown[]): readonly unknown[] {
  const versions = objects.map((object) => versioned.safeParse(object).data);
  const latest = new Map<string, number>();
  for (const { id, modified } of versions.filter((version) => version !== undefined))
    latest.set(id, Math.max(timeOf(modified) ?? 0, latest.get(id) ?? 0));
  return objects.filter((_, index) => {
    const version = versions[index];
    return version === undefined || (timeOf(version.modified) ?? 0) === latest.get(version.id);
  });
}

/** What one STIX object names at the time it was fetched. */
export function* entriesOf(object: unknown, readAt: number): Generator<Entry> {
  if (Object(object) !== object || (object as { type?: unknown }).type !== 'indicator') return;
  const parsed = indicator.safeParse(object);
  if (!parsed.success) {
    yield NOT_UNDERSTOOD;
    return;
  }
  const { pattern, pattern_type: language, valid_from: validFrom, valid_until: validUntil, revoked } = parsed.data;
  if (language !== 'stix') {
    yield OTHER_MATTER;
    return;
  }
  const addresses = addressesIn(pattern);
  if (revoked) {
    yield addresses === OTHER_MATTER ? OTHER_MATTER : REVOKED;
    return;
  }
  const [from, until] = [validFrom, validUntil].map((text) => (text === undefined ? undefined : timeOf(text)));
  if ((validFrom !== undefined && from === undefined) || (validUntil !== undefined && until === undefined)) {
    yield NOT_UNDERSTOOD;
    return;
  }
  if (typeof addresses === 'string') {
    yield addresses;
    return;
  }
  if (from !== undefined && from > readAt) {
    yield NOT_YET_VALID;
    return;
  }
  for (const address of addresses) yield { address, ...(until === undefined ? {} : { until }) };
}
