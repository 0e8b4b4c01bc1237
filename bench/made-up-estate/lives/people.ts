import { eachDay, type KindOfLife, type Life } from '../life';
import { DAY_MS, HOUR_MS, isWeekend, office, type World } from '../world';

const [OFFICE_LINE, HOME_LINE, MOBILE, ABROAD] = [64_497, 64_498, 64_499, 64_500];

const SERVICES = ['ec2', 's3', 'lambda', 'rds', 'logs', 'cloudformation', 'dynamodb', 'iam', 'ecs', 'sqs'];
const ACTIONS = SERVICES.flatMap((service) =>
  ['Describe', 'List', 'Get', 'Update'].map((verb) => `${service}:${verb}Things`),
);

const CLI = 'aws-cli/2.15.30 Python/3.11 Darwin/23.4';
const BROWSER = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/122.0 Safari/537.36';

interface Habits {
  readonly agents: readonly string[];
  readonly sessionsPerHour: number;
  readonly callsPerSession: number;
  /** Share of calls that is refused, whatever it is. */
  readonly refused: number;
  /** Share of actions that it may not take, and tries. */
  readonly forbidden?: number;
  /** A new session each day, as by single sign-on. */
  readonly sessions?: boolean;
}

/** In the office on workdays, at home one of three, by phone now and then, and abroad for three days of the fifth week. */
function person(
  world: World,
  days: number,
  { agents, sessionsPerHour, callsPerSession, refused, forbidden = 0, sessions }: Habits,
): Life {
  const [desk, home] = [world.network(OFFICE_LINE, 'DE'), world.network(HOME_LINE, 'DE')];
  const [phone, hotel] = [world.networks(12, MOBILE, 'DE'), world.network(ABROAD, 'PT')];
  // Each person has work of its own.
  const actions = [...ACTIONS].sort(() => world.between(-1, 1)).slice(0, 24);
  const lacks = new Set(actions.filter(() => world.happens(forbidden)));
  const uses = eachDay(days, (day) => {
    if (isWeekend(day)) return [];
    const isAbroad = day >= 29 && day < 32;
    const place = isAbroad ? hotel : world.happens(0.33) ? home : desk;
    const late = world.happens(0.1) ? [day * DAY_MS + 21 * HOUR_MS] : [];
    return [...world.times(day, office(sessionsPerHour)), ...late].flatMap((begin) => {
      const address = !isAbroad && world.happens(0.05) ? world.any(phone) : place;
      const agent = world.mostly(agents);
      const calls = Math.ceil(world.size(callsPerSession));
      return Array.from({ length: calls }, (_, call) => {
        const name = world.mostly(actions);
        return world.use(begin + call * world.between(2_000, 20_000), {
          ...{ address, agent, name, person: true, kind: name.includes('Update') ? 'write' : 'read' },
          ...(sessions ? { session: `day-${day}` } : {}),
          ...(lacks.has(name) || world.happens(refused) ? { outcome: 'authorization' } : {}),
        });
      });
    });
  });
  const usual = { agent: agents[0] ?? '', name: actions[0] ?? '', country: 'DE' };
  return { uses, usual: { ...usual, ...(sessions ? { session: 'day-38' } : {}) } };
}

/** Twelve colleagues have one key, in the office and each at home one day of five. */
function sharedKey(world: World, days: number): Life {
  const desk = world.network(OFFICE_LINE, 'DE');
  const colleagues = Array.from({ length: 12 }, (_, index) => ({
    home: world.network(HOME_LINE, 'DE'),
    agent: world.any(['python-requests/2.31', 'PostmanRuntime/7.36', 'insomnia/8.6', 'curl/8.4.0']),
    away: index % 5,
  }));
  const endpoints = ['GET /customers/*', 'GET /customers', 'GET /tickets/*', 'POST /tickets', 'GET /orders/*'];
  const uses = eachDay(days, (day) =>
    isWeekend(day)
      ? []
      : colleagues.flatMap(({ home, agent, away }) =>
          world.times(day, office(3)).map((at) =>
            world.use(at, {
              address: day % 7 === away ? home : desk,
              agent,
              name: world.mostly(endpoints),
              bytes: world.size(6_000),
            }),
          ),
        ),
  );
  return { uses, usual: { agent: 'curl/8.4.0', name: 'GET /customers/*', country: 'DE' } };
}

/** Called at night in the fourth week: from home he looks at everything, much of it for the first time. */
function onCall(world: World, days: number): Life {
  const agents = [CLI, BROWSER];
  const base = person(world, days, { agents, refused: 0.01, sessionsPerHour: 1, callsPerSession: 6 });
  const home = world.network(HOME_LINE, 'DE');
  const night = Array.from({ length: 160 }, (_, call) =>
    world.use(24 * DAY_MS + 2 * HOUR_MS + call * 25_000, {
      ...{ address: home, agent: CLI, name: world.any(ACTIONS), person: true },
      ...(world.happens(0.06) ? { outcome: 'authorization' } : {}),
    }),
  );
  return { ...base, uses: [...base.uses, ...night] };
}

/** Switches a VPN on and off, whose exits lie in three countries. */
function vpn(world: World, days: number): Life {
  const home = world.network(HOME_LINE, 'DE');
  const exits = ['NL', 'SE', 'CH'].map((country) => world.network(64_520, country));
  const uses = eachDay(days, (day) =>
    isWeekend(day)
      ? []
      : world.times(day, office(2)).flatMap((begin) => {
          const address = world.happens(0.4) ? world.any(exits) : home;
          return Array.from({ length: 8 }, (_, call) =>
            world.use(begin + call * 9_000, { address, agent: CLI, name: world.mostly(ACTIONS), person: true }),
          );
        }),
  );
  return { uses, usual: { agent: CLI, name: 's3:ListThings', country: 'DE' } };
}

export const PEOPLE: readonly KindOfLife[] = [
  {
    title: 'developer, with a journey',
    live: (world, days) =>
      person(world, days, {
        ...{ agents: [CLI, 'Boto3/1.34 md/Botocore#1.34 ua/2.0 os/macos#23.4', BROWSER], refused: 0.01 },
        ...{ sessionsPerHour: 2, callsPerSession: 8 },
      }),
  },
  {
    title: 'person in a console, with a journey',
    live: (world, days) =>
      person(world, days, { agents: [BROWSER], refused: 0.02, sessionsPerHour: 0.7, callsPerSession: 20 }),
  },
  {
    title: 'person with few rights in a console',
    live: (world, days) =>
      person(world, days, {
        ...{ agents: [BROWSER], refused: 0.01, forbidden: 0.3, sessionsPerHour: 0.7, callsPerSession: 20 },
      }),
  },
  {
    title: 'person by single sign-on',
    live: (world, days) =>
      person(world, days, {
        ...{ agents: [BROWSER, CLI], refused: 0.01, forbidden: 0.1, sessions: true },
        ...{ sessionsPerHour: 0.7, callsPerSession: 20 },
      }),
  },
  { title: 'person on call, one night', live: onCall },
  { title: 'person with a VPN of three countries', live: vpn },
  { title: 'key that twelve colleagues share', live: sharedKey },
];
