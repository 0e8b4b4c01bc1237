import { publicIdSubject } from '../../../domain/subject';
import type { UsageEvent } from '../../../domain/usage-event';
import type { Detector } from '../../../detectors/detector';
import type { Place } from '../../../detectors/located-event';
import { impossibleTravel } from '../../../detectors/impossible-travel';
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

test('a program that comes along where it roams is told together with its network', () => {
  const roams = [1, 2, 3, 4, 5].map((day) => onDay(day, { address: elsewhere('DE', MICROSOFT) }));
  const stranger = onDay(6, { address: elsewhere('DE', MICROSOFT), agent: 'curl/8' });
  const { messages } = foldAll([...life, ...roams, stranger], places, [newOrigin]);

  expect(messages.at(-1)?.detection.confidence).toBe(0.6);
});

test('so is one from one more network of many', () => {
  const wide = Array.from({ length: 50 }, (_, index) =>
    sampleUse({ afterMs: 6_000 + index * 1_000, address: elsewhere('DE', MICROSOFT) }),
  );
  const stranger = onDay(1, { address: elsewhere('DE', MICROSOFT), agent: 'curl/8' });
  const { messages } = foldAll([...steadyLife({ count: 8, everyMs: 100, address: HOME }), ...wide, stranger], places, [
    newOrigin,
  ]);

  expect(messages.at(-1)?.detection).toMatchObject({ confidence: 0.6, eventIds: [stranger.id] });
});

describe('two places at once', () => {
  const HOUR_MS = 3_600_000;
  const far = elsewhere('BR', CARRIER);
  const ROLE = publicIdSubject('aws-role', 'shared');
  const daily = (more: (where: 'home' | 'far', day: number) => Partial<UsageEvent>) =>
    Array.from({ length: 12 }, (_, index) => [
      { ...onDay(1 + index), ...more('home', index) },
      { ...sampleUse({ afterMs: (1 + index) * DAY_MS + HOUR_MS, address: far }), ...more('far', index) },
    ]).flat();

  test('are told on seven days, and lived in then', () => {
    expect(
      daysTold(
        daily(() => ({})),
        [impossibleTravel],
      ),
    ).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test('are two colleagues, where each has a session of his own', () => {
    const of = (where: string, day: number) => ({
      subject: publicIdSubject('aws-access-key', `ASIA-${where}-${day}`),
      principal: ROLE,
    });
    const begun = life.map((use) => ({ ...use, ...of('home', -1) }));

    expect(foldAll([...begun, ...daily(of)], places, [impossibleTravel]).messages).toEqual([]);
  });

  test('of one session are told', () => {
    const of = { subject: publicIdSubject('aws-access-key', 'ASIA-STOLEN'), principal: ROLE };
    const begun = life.map((use) => ({ ...use, ...of }));
    const stolen = { ...sampleUse({ afterMs: HOUR_MS, address: far }), ...of };

    expect(foldAll([...begun, stolen], places, [impossibleTravel]).messages).toHaveLength(1);
  });

  test('of one session are told, however many countries others of its role are used in', () => {
    const of = (session: string) => ({
      subject: publicIdSubject('aws-access-key', `ASIA-${session}`),
      principal: ROLE,
    });
    const countries = ['DE', 'FR', 'ES', 'PL', 'SE', 'JP', 'IN', 'US', 'MX', 'ZA'];
    const colleagues = countries.flatMap((country) =>
      steadyLife({ count: 10, everyMs: 100, address: elsewhere(country, CARRIER) }).map((use) => ({
        ...use,
        ...of(country),
      })),
    );
    const stolen = { ...sampleUse({ afterMs: HOUR_MS, address: far }), ...of('DE') };

    expect(foldAll([...colleagues, stolen], places, [impossibleTravel]).messages).toHaveLength(1);
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

    // Three for the program, and three for the rule that it alone is told of then.
    expect(daysTold(job, [newOrigin, ruleMatch])).toEqual([1, 2, 3, 4, 5, 6]);
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

  test('of what is critical is told for ever, also where nothing else is new', () => {
    const critical = [{ id: 'r', title: 'T', level: 'critical' as const }];
    const job = Array.from({ length: 8 }, (_, index) => ({ ...onDay(1 + index), rules: critical }));

    expect(daysTold(job, [newOrigin, ruleMatch])).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
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

    const confidences = [MICROSOFT, CARRIER].map((asn) =>
      asks(elsewhere('DE', asn)).map(({ detection }) => detection.confidence),
    );
    expect(confidences).toEqual([[0.3], [0.7]]);
  });
});
