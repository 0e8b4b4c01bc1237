import type { RuleMatch, UsageEvent } from '../../../domain/usage-event';
import { higherSeverity, type Severity } from '../../../domain/severity';
import type { Place } from '../../../detectors/located-event';
import { SAMPLE_START, sampleUse, type SampleUse } from '../../../detectors/sample-life';
import { foldAll } from './folding';

/** Made-up weeks of a credential of which no source says whose it is, with every detector on: what must be told of them, and how gravely. */
const [MINUTE_MS, DAY_MS] = [60_000, 86_400_000];

const [AMAZON, AMAZON_TOO, HETZNER, DIGITALOCEAN] = ['192.0.2.10', '192.0.2.140', '198.51.100.20', '203.0.113.7'];
const [OFFICE, HOME, CARRIER] = ['100.64.0.7', '100.64.1.7', '100.64.2.7'];
const places: Record<string, Place> = {
  // Stands in Ireland.
  [AMAZON]: { network: '192.0.2.0/25', country: 'US', asn: 16_509 },
  [AMAZON_TOO]: { network: '192.0.2.128/25', country: 'US', asn: 14_618 },
  [HETZNER]: { network: '198.51.100.0/24', country: 'FI', asn: 24_940 },
  [DIGITALOCEAN]: { network: '203.0.113.0/24', country: 'US', asn: 14_061 },
  [OFFICE]: { network: '100.64.0.0/24', country: 'DE', asn: 64_500 },
  [HOME]: { network: '100.64.1.0/24', country: 'DE', asn: 64_500 },
  [CARRIER]: { network: '100.64.2.0/24', country: 'US', asn: 64_501 },
};

interface Use extends Partial<Omit<SampleUse, 'action'>> {
  readonly name?: string;
  readonly bytes?: number;
  readonly rules?: readonly RuleMatch[];
}

function use(at: number, { name = 's3:GetObject', bytes, rules, ...more }: Use): UsageEvent {
  return {
    ...sampleUse({
      address: AMAZON,
      agent: 'Boto3/1.34 exe',
      principalKind: 'unknown',
      mark: name,
      ...more,
      afterMs: at,
    }),
    action: { kind: 'read', name },
    ...(bytes === undefined ? {} : { bytes }),
    ...(rules ? { rules: [...rules] } : {}),
  };
}

/** One use each so many minutes, from one day until before another. */
function days(from: number, until: number, everyMinutes: number, more: Use = {}): UsageEvent[] {
  const count = ((until - from) * 1_440) / everyMinutes;
  return Array.from({ length: count }, (_, index) => use(from * DAY_MS + index * everyMinutes * MINUTE_MS, more));
}

function told(...lives: readonly (readonly UsageEvent[])[]) {
  const events = lives.flat().sort((a, b) => a.at - b.at);
  return foldAll(events, places).messages.map(({ detection, assessment }) => ({
    day: Math.floor((detection.at - SAMPLE_START) / DAY_MS),
    detector: detection.detector,
    severity: assessment.severity,
  }));
}

function gravest(messages: ReturnType<typeof told>): Severity | undefined {
  return messages
    .map(({ severity }) => severity)
    .reduce<Severity | undefined>((most, one) => (most ? higherSeverity(most, one) : one), undefined);
}

function daysOf(messages: ReturnType<typeof told>, detector: string): readonly number[] {
  return [...new Set(messages.filter((one) => one.detector === detector).map(({ day }) => day))];
}

const service = days(0, 20, 15);

describe('a key stolen from what lives in one cloud, used with the same program in the same country', () => {
  test.each([
    ['in another cloud', DIGITALOCEAN],
    ['on a home line', CARRIER],
  ])('%s starts an incident with its first use', (_title, address) => {
    expect(told(service, [use(20 * DAY_MS, { address })]).map(({ severity }) => severity)).toContain('medium');
  });

  test('is known by another program after an hour already', () => {
    const hour = Array.from({ length: 60 }, (_, index) => use(index * MINUTE_MS, {}));
    const cli = { address: CARRIER, agent: 'aws-cli/2.15 Linux' };

    expect(gravest(told(hour, [use(61 * MINUTE_MS, cli)]))).toBe('medium');
  });

  test('is told though somebody tried it from his desk on the first day', () => {
    const desk = Array.from({ length: 4 }, (_, index) =>
      use(index * MINUTE_MS + 1, { address: OFFICE, agent: 'curl/8.5' }),
    );

    expect(gravest(told(desk, service, [use(20 * DAY_MS, { address: CARRIER })]))).toBe('medium');
  });

  test('is no other network of the same cloud', () => {
    expect(gravest(told(service, [use(20 * DAY_MS, { address: AMAZON_TOO })]))).toBe('low');
  });
});

describe('a program that never left its country', () => {
  const [line, abroad] = ['100.83.0.7', '100.83.1.7'];
  places[line] = { network: '100.83.0.0/24', country: 'DE', asn: 64_800 };
  places[abroad] = { network: '100.83.1.0/24', country: 'AT', asn: 64_801 };
  const program = (until: number, more: Use = {}) => days(0, until, 60, { address: line, agent: 'curl/8.5', ...more });
  const later = (day: number, more: Use = {}) => [
    use(day * DAY_MS + MINUTE_MS, { address: abroad, agent: 'curl/8.5', ...more }),
  ];

  test('is told of where it is used in another after two weeks, be it the neighbour', () => {
    expect(gravest(told(program(20), later(20)))).toBe('medium');
  });

  test('is a person where he drives it, and a newcomer before', () => {
    expect(gravest(told(program(10), later(10)))).toBe('low');
    const mac = { agent: 'aws-cli/2.15 Darwin/23' };
    expect(gravest(told(program(20, mac), later(20, mac)))).toBe('low');
  });
});

describe('a service', () => {
  test.each([
    ['that moves to another cloud', days(20, 30, 15, { address: HETZNER })],
    [
      'with a second site in another cloud',
      [...days(20, 30, 15), ...days(20, 30, 20, { address: HETZNER, name: 's3:PutObject' })],
    ],
  ])('%s asks for a look, and is at home there on the third day', (_title, later) => {
    const messages = told(service, later);

    expect(gravest(messages)).toBe('medium');
    expect(daysOf(messages, 'outside-cloud')).toEqual([20, 21]);
    expect(daysOf(messages, 'impossible-travel')).toEqual([]);
  });

  test('is at home in another cloud on the third day, though some of its calls there fail or are not allowed', () => {
    const moved = days(20, 30, 15, { address: HETZNER }).map((one, index) => ({
      ...one,
      outcome: (['accepted', 'accepted', 'failed', 'authorization'] as const)[index % 4] ?? 'accepted',
    }));

    expect(daysOf(told(service, moved), 'outside-cloud')).toEqual([20, 21]);
  });

  test('that fetches gigabytes each Sunday is told on three of them', () => {
    const small = days(0, 70, 120, { bytes: 40_000 });
    const batches = Array.from({ length: 10 }, (_, week) =>
      Array.from({ length: 150 }, (_use, index) =>
        use((7 * week + 6) * DAY_MS + index * 8_000, { name: 's3:GetObject', bytes: 20_000_000, mark: 'batch' }),
      ),
    ).flat();

    expect(daysOf(told(small, batches), 'exfiltration')).toEqual([6, 13, 20]);
  });

  test('that fetches more than on any Sunday is told again', () => {
    const sunday = (week: number, bytes: number) =>
      Array.from({ length: 150 }, (_, index) => use((7 * week + 6) * DAY_MS + index * 4_000, { bytes, mark: 'batch' }));
    const batches = [0, 1, 2, 3].flatMap((week) => sunday(week, 20_000_000));

    expect(daysOf(told(days(0, 40, 120, { bytes: 40_000 }), batches, sunday(4, 60_000_000)), 'exfiltration')).toEqual([
      6, 13, 20, 34,
    ]);
  });
});

test('a pipeline that asks who it is at each start, and gets runners of another cloud, is at home there on the third day', () => {
  const runs = (day: number, address: string) =>
    Array.from({ length: 5 }, (_, run) =>
      ['sts:GetCallerIdentity', 's3:ListBuckets', 's3:PutObject'].map((name, step) =>
        use(day * DAY_MS + run * 60 * MINUTE_MS + step * 1_000, { address, name, agent: 'aws-cli/2.15 Linux' }),
      ),
    ).flat();
  const week = Array.from({ length: 30 }, (_, day) => [
    ...runs(day, AMAZON),
    ...(day < 20 ? [] : runs(day, HETZNER).map((one) => ({ ...one, id: `${one.id}-too`, at: one.at + 7 * MINUTE_MS }))),
  ]).flat();
  const messages = told(week);

  expect(gravest(messages)).toBe('medium');
  const grave = messages.filter(({ severity }) => severity !== 'low');
  expect([...new Set(grave.map(({ day }) => day))]).toEqual([20, 21, 22]);
});

test('a tool that lacks permissions is told of for three days, and others that are refused it afterwards', () => {
  const refused = (day: number, name: string) =>
    Array.from({ length: 12 }, (_, index) =>
      use(day * DAY_MS + index * 1_000, { name: `${name}:List${index}`, outcome: 'authorization', agent: 'scanner/1' }),
    );
  const daily = [5, 6, 7, 8, 9].flatMap((day) => refused(day, 'iam'));
  const messages = told(days(0, 12, 15, { agent: 'scanner/1' }), daily, refused(11, 'kms'));

  expect(daysOf(messages, 'privilege-probing')).toEqual([5, 6, 7, 11]);
});

test('a botnet that takes its time does not hide behind a few machines that came the day before', () => {
  const homes = Array.from({ length: 40 }, (_, index) => {
    const address = `100.80.${index}.7`;
    places[address] = { network: `100.80.${index}.0/24`, country: 'DE', asn: 64_600 + (index % 4) };
    return address;
  });
  const life = days(0, 10, 15, { address: OFFICE });
  const scouts = homes.slice(0, 5).map((address, index) => use(9 * DAY_MS + index * 60 * MINUTE_MS, { address }));
  const botnet = homes.slice(5).map((address, index) => use(10 * DAY_MS + index * 7 * MINUTE_MS, { address }));

  expect(daysOf(told(life, scouts, botnet), 'many-networks')).toEqual([10]);
});

test('nor behind eight networks that are usual, in their country', () => {
  const [own, strange] = [8, 30].map((count, kind) =>
    Array.from({ length: count }, (_, index) => {
      const address = `100.${90 + kind}.${index}.7`;
      places[address] = {
        network: `100.${90 + kind}.${index}.0/24`,
        country: 'DE',
        asn: 64_500 + 100 * kind + (index % 4),
      };
      return address;
    }),
  ) as [string[], string[]];
  const life = days(0, 10, 15).map((one, index) => ({
    ...one,
    client: { ...one.client, address: own[index % own.length] ?? '' },
  }));
  const botnet = (count: number) =>
    strange.slice(0, count).map((address, index) => use(10 * DAY_MS + index * MINUTE_MS, { address }));

  expect(daysOf(told(life, botnet(23)), 'many-networks')).toEqual([]);
  expect(daysOf(told(life, botnet(24)), 'many-networks')).toEqual([10]);
});

test('an office and a cloud in each of two countries are no life in four', () => {
  const [there, cloudThere] = ['100.81.0.7', '100.81.1.7'];
  places[there] = { network: '100.81.0.0/24', country: 'US', asn: 64_700 };
  places[cloudThere] = { network: '100.81.1.0/24', country: 'DE', asn: 16_276 };
  const begun = Array.from({ length: 40 }, (_, index) =>
    use(index * 10 * MINUTE_MS, { address: [OFFICE, there, AMAZON, cloudThere][index % 4] ?? '' }),
  );
  const far = '100.81.2.7';
  places[far] = { network: '100.81.2.0/24', country: 'BR', asn: 64_701 };

  expect(daysOf(told(begun, [use(41 * 10 * MINUTE_MS, { address: far })]), 'impossible-travel')).toEqual([0]);
});

describe('a thief who takes his time, on the machine itself', () => {
  const refused = (day: number, count: number) =>
    Array.from({ length: count }, (_, index) =>
      use(day * DAY_MS + index * 10 * MINUTE_MS, { name: `iam:List${index}`, outcome: 'authorization' }),
    );
  const secrets = (day: number, count: number, name = `of-${day}`) =>
    Array.from({ length: count }, (_, index) =>
      use(day * DAY_MS + index * 5 * MINUTE_MS, {
        name: 'secretsmanager:GetSecretValue',
        mark: `${day}`,
        rules: [
          {
            id: 'many-secrets',
            title: 'Many secrets are read',
            level: 'informational',
            burst: 20,
            objects: [`${name}-${index}`],
          },
        ],
      }),
    );

  test('and asks for what it may do is seen at the eighth refusal', () => {
    expect(told(service, refused(20, 7))).toEqual([]);
    expect(told(service, refused(20, 8))).toEqual([{ day: 20, detector: 'new-actions', severity: 'medium' }]);
  });

  test('and reads what it never read is seen at the twentieth secret', () => {
    expect(told(service, secrets(20, 19))).toEqual([]);
    expect(told(service, secrets(20, 20))).toEqual([{ day: 20, detector: 'new-objects', severity: 'medium' }]);
  });

  test('is not the tool that asks or reads as much each day', () => {
    const each = [20, 21, 22, 23, 24].flatMap((day) => [...refused(day, 12), ...secrets(day, 24)]);
    const messages = told(days(0, 25, 15), each);

    expect(daysOf(messages, 'new-actions')).toEqual([20, 21, 22]);
    expect(daysOf(messages, 'new-objects')).toEqual([20, 21, 22]);
  });
});

describe('a key in an application', () => {
  const countries = ['DE', 'US', 'BR', 'IN', 'GB', 'TH', 'TR', 'RU', 'PL', 'MX', 'ES', 'IT'];
  const addresses = Array.from({ length: 600 }, (_, index) => {
    const address = `100.${70 + Math.floor(index / 200)}.${index % 200}.7`;
    const country = countries[index % countries.length] ?? '';
    places[address] = {
      network: address.replace(/7$/, '0/24'),
      country,
      asn: 65_000 + (index % (2 * countries.length)),
    };
    return address;
  });
  const traffic = (count: number, everyMs: number) =>
    Array.from({ length: count }, (_, index) =>
      use(index * everyMs, {
        address: addresses[(index * 7) % addresses.length] ?? '',
        agent: 'Shop/3.2 (iOS)',
        name: 'GET /feed',
      }),
    );

  test.each([100, 1_000, 10_000, MINUTE_MS, 5 * MINUTE_MS])(
    'that is used each %i ms from the start starts no incident',
    (everyMs) => {
      expect([undefined, 'low']).toContain(gravest(told(traffic(3_000, everyMs))));
    },
  );

  test('is no key that ten machines use within a second of its first use', () => {
    expect(gravest(told([use(-MINUTE_MS, { address: HOME })], traffic(120, 100)))).not.toBe('low');
  });
});

test('who is called at night and works at home, where nobody knows him, is asked about and not locked out', () => {
  const work = Array.from({ length: 26 }, (_, day) =>
    day % 7 > 4
      ? []
      : Array.from({ length: 30 }, (_use, index) =>
          use(day * DAY_MS + index * 15 * MINUTE_MS, {
            address: OFFICE,
            principalKind: 'person',
            agent: 'aws-cli/2.15 Darwin',
            name: `ec2:Describe${index % 4}`,
          }),
        ),
  ).flat();
  const night = Array.from({ length: 14 }, (_, index) =>
    use(25 * DAY_MS + 14 * 60 * MINUTE_MS + index * 25_000, {
      address: HOME,
      principalKind: 'person',
      agent: 'aws-cli/2.15 Darwin',
      name: index === 0 ? 'sts:GetCallerIdentity' : `rds:Describe${index}`,
    }),
  );

  expect(gravest(told(work, night))).toBe('medium');
});

describe('a person', () => {
  const person = { address: OFFICE, principalKind: 'person', agent: 'Mozilla/5.0 (Macintosh) Chrome/122' } as const;
  const pages = (day: number, refused: number, more: Use = {}) =>
    Array.from({ length: 30 }, (_, index) =>
      use(day * DAY_MS + index * 2_000, {
        ...{ ...person, name: `page-${day % 5}:Show${index}` },
        ...(index % 3 === 0 && index < 3 * refused ? { outcome: 'authorization' as const } : {}),
        ...more,
      }),
    );

  test('who is refused parts of pages from his second day on is nothing to tell of', () => {
    const fortnight = Array.from({ length: 14 }, (_, day) => pages(day, day === 0 ? 0 : 10)).flat();

    expect(daysOf(told(fortnight), 'privilege-probing')).toEqual([]);
  });

  test('who began so, and a month later is refused much more than ever, is', () => {
    const month = Array.from({ length: 30 }, (_, day) => pages(day, day === 0 ? 0 : 5)).flat();
    const refused = Array.from({ length: 40 }, (_, index) =>
      use(30 * DAY_MS + index * 2_000, { ...person, name: `iam:List${index}`, outcome: 'authorization' }),
    );

    expect(daysOf(told(month, refused), 'privilege-probing')).toEqual([30]);
  });

  test('who is refused ever so much day after day is still told of for what is new', () => {
    const daily = Array.from({ length: 40 }, (_, day) =>
      Array.from({ length: 90 }, (_use, index) =>
        use(day * DAY_MS + index * 600_000, {
          ...person,
          name: `page:Show${index}`,
          outcome: index % 2 ? 'accepted' : 'authorization',
        }),
      ),
    ).flat();
    const refused = Array.from({ length: 40 }, (_, index) =>
      use(40 * DAY_MS + index * 2_000, { ...person, name: `iam:List${index}`, outcome: 'authorization' }),
    );

    expect(daysOf(told(daily, refused), 'privilege-probing')).toEqual([40]);
  });

  test('who switches a VPN on in his first fortnight is asked about, and later told of gravely', () => {
    const far = '100.82.0.7';
    places[far] = { network: '100.82.0.0/24', country: 'BR', asn: 64_701 };
    const life = (until: number) => days(0, until, 60, person);
    const exit = (day: number) => [use(day * DAY_MS + 60_000, { ...person, address: far })];

    expect(gravest(told(life(5), exit(4)))).toBe('medium');
    expect(gravest(told(life(20), exit(19)))).toBe('high');
  });
});
