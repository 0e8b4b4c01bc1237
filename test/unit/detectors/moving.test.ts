import type { UsageEvent } from '../../../domain/usage-event';
import type { Detector } from '../../../detectors/detector';
import type { Place } from '../../../detectors/located-event';
import { manyNetworks } from '../../../detectors/many-networks';
import { newActions } from '../../../detectors/new-actions';
import { newOrigin } from '../../../detectors/new-origin';
import { ruleMatch } from '../../../detectors/rule-match';
import { SAMPLE_START, sampleUse, steadyLife, type SampleUse } from '../../../detectors/sample-life';
import { foldAll } from './folding';

const DAY_MS = 86_400_000;
const MICROSOFT = 8_075;
const CARRIER = 3_320;

const HOME = '192.0.2.10';
const places: Record<string, Place> = { [HOME]: { network: '192.0.2.0/24', country: 'DE', asn: MICROSOFT } };

/** An address in a network where nobody has been. */
function elsewhere(country: string, asn: number): string {
  const address = `100.64.${Object.keys(places).length}.7`;
  places[address] = { network: address.replace(/7$/, '0/24'), country, asn };
  return address;
}

const life = steadyLife({ count: 60, everyMs: 100, address: HOME });
const onDay = (day: number, use: Partial<SampleUse> = {}) =>
  sampleUse({ afterMs: day * DAY_MS, address: HOME, ...use });

function daysTold(events: readonly UsageEvent[], detectors: readonly Detector[]): readonly number[] {
  const { messages } = foldAll([...life, ...events], places, detectors);
  return [...new Set(messages.map(({ detection }) => Math.round((detection.at - SAMPLE_START) / DAY_MS)))];
}

describe('a credential that is used from another network of its operator each day', () => {
  const roams = [1, 2, 3, 4, 5].map((day) => onDay(day, { address: elsewhere('DE', MICROSOFT) }));

  test('is told on three of them', () => {
    expect(daysTold(roams, [newOrigin])).toEqual([1, 2, 3]);
  });

  test.each([
    ['another operator', elsewhere('DE', CARRIER)],
    ['another country', elsewhere('NL', MICROSOFT)],
  ])('is told where it comes from %s', (_title, address) => {
    expect(daysTold([...roams, onDay(6, { address })], [newOrigin])).toEqual([1, 2, 3, 6]);
  });
});

describe('news', () => {
  const rules = [{ id: 'r', title: 'T', level: 'high' as const }];

  test.each([
    ['an operator', { address: elsewhere('DE', CARRIER) }, 3],
    ['a country', { address: elsewhere('FR', MICROSOFT) }, 7],
    ['a country and an agent', { address: elsewhere('FR', CARRIER), agent: 'curl/8' }, 7],
  ])('of %s is told day by day, and in time no more', (_title, use, days) => {
    const moved = Array.from({ length: 12 }, (_, index) => onDay(1 + index, use));

    expect(daysTold(moved, [newOrigin])).toEqual(Array.from({ length: days }, (_, index) => 1 + index));
  });

  test('does not keep other news from becoming known: a new job with a new program is usual in the end', () => {
    const job = Array.from({ length: 8 }, (_, index) => ({ ...onDay(1 + index, { agent: 'curl/8' }), rules }));

    expect(daysTold(job, [newOrigin, ruleMatch])).toEqual([1, 2, 3]);
  });

  test('does not become known while something graver is said', () => {
    const grave: Detector = {
      ...ruleMatch,
      id: 'grave',
      family: 'volume',
      judge: ({ event }) =>
        event.client.agent === 'curl/8'
          ? [{ severity: 'low', confidence: 0.3, deterministic: false, accuses: 'traffic', reason: 'grave' }]
          : [],
    };
    const job = Array.from({ length: 8 }, (_, index) => onDay(1 + index, { agent: 'curl/8' }));

    expect(daysTold(job, [newOrigin, grave])).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('does not become known where the use was refused', () => {
    const job = Array.from({ length: 8 }, (_, index) => onDay(1 + index, { agent: 'curl/8', outcome: 'contained' }));

    expect(daysTold(job, [newOrigin])).toHaveLength(8);
  });
});

describe('sixty networks within a minute', () => {
  const flood = (country: string, asn: number) =>
    Array.from({ length: 60 }, (_, index) =>
      sampleUse({ afterMs: DAY_MS + index * 1_000, address: elsewhere(country, asn) }),
    );

  test('of its own cloud are its own functions', () => {
    expect(daysTold(flood('DE', MICROSOFT), [manyNetworks])).toEqual([]);
  });

  test.each([
    ['of another cloud', 'DE', 16_509],
    ['of its own cloud elsewhere', 'NL', MICROSOFT],
  ])('%s are a botnet', (_title, country, asn) => {
    expect(daysTold(flood(country, asn), [manyNetworks])).toEqual([1]);
  });

  test('of its own carrier are a botnet: nobody starts functions there', () => {
    const { messages } = foldAll(
      [...steadyLife({ count: 60, everyMs: 100, address: elsewhere('DE', CARRIER) }), ...flood('DE', CARRIER)],
      places,
      [manyNetworks],
    );

    expect(messages.length).toBeGreaterThan(0);
  });
});

describe('what a credential does', () => {
  const does = (action: string, use: SampleUse) => ({
    ...sampleUse({ ...use, mark: action }),
    action: { kind: 'read' as const, name: action },
  });
  const tour = (count: number, afterMs: number) =>
    Array.from({ length: count }, (_, index) => does(`iam:GetThing${index}`, { afterMs: afterMs + index * 400 }));

  test('is no news while it does something new each time', () => {
    const { messages } = foldAll(tour(30, 0), places, [newActions]);

    expect(messages).toEqual([]);
  });

  test('is news after ten uses without', () => {
    const quiet = steadyLife({ count: 15, everyMs: 400, address: HOME });
    const { messages } = foldAll([...quiet, ...tour(10, 6_000)], places, [newActions]);

    expect(messages).toHaveLength(1);
  });

  test('asking who it is from another operator is news, however many networks it is used from', () => {
    const wide = Array.from({ length: 40 }, (_, index) =>
      sampleUse({ afterMs: 6_000 + index * 1_000, address: elsewhere('DE', MICROSOFT) }),
    );
    const asks = (address: string) =>
      foldAll([...life, ...wide, does('sts:GetCallerIdentity', { afterMs: DAY_MS, address })], places, [newActions])
        .messages;

    expect(asks(elsewhere('DE', MICROSOFT))).toEqual([]);
    expect(asks(elsewhere('DE', CARRIER))).toHaveLength(1);
  });
});
