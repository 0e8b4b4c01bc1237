import { cloudSystem } from '../../../detectors/clouds';
import { eachDay, type KindOfLife, type Life } from '../life';
import { DAY_MS, daytime, FIRST_DAY, HOUR_MS, isWeekend, MINUTE_MS, office, type World } from '../world';

const COUNTRIES = ['DE', 'US', 'BR', 'IN', 'GB', 'TH', 'TR', 'PL', 'MX', 'ES', 'IT', 'FR'];

/** A key within an application on phones: thousands of networks of many carriers, a little more each day. */
function applicationKey(world: World, days: number): Life {
  const homes = Array.from({ length: 3_000 }, (_, index) =>
    world.network(64_600 + (index % 48), COUNTRIES[index % COUNTRIES.length] ?? ''),
  );
  const agents = ['Shop/3.2 (iOS 17.3)', 'Shop/3.2 (Android 14)', 'Shop/3.1 (iOS 17.2)'];
  const endpoints = ['GET /feed', 'GET /products/*', 'POST /carts', 'GET /search'];
  const uses = eachDay(days, (day) =>
    world.times(day, daytime(30 * (1 + day / 60))).map((at) =>
      world.use(at, {
        address: world.any(homes),
        agent: world.any(agents),
        name: world.mostly(endpoints),
        bytes: world.size(5_000),
      }),
    ),
  );
  return { uses, usual: { agent: 'Shop/3.2 (Android 14)', name: 'GET /feed', country: 'DE' } };
}

/** Five hundred calls each Monday from abroad; in the fourth week it moves to another host. */
function partner(world: World, days: number): Life {
  const hosts = [world.network(cloudSystem('OVHcloud'), 'FR'), world.network(cloudSystem('Scaleway'), 'FR')];
  const agent = 'Apache-HttpClient/5.2 (Java/17)';
  const uses = eachDay(days, (day) =>
    day % 7 > 0
      ? []
      : Array.from({ length: 500 }, (_, index) =>
          world.use(day * DAY_MS + 6 * HOUR_MS + index * 6_000, {
            ...{ address: hosts[day < 21 ? 0 : 1] ?? '', agent, bytes: world.size(20_000) },
            name: index % 10 === 0 ? 'GET /catalogue' : 'GET /products/*',
          }),
        ),
  );
  return { uses, usual: { agent, name: 'GET /products/*', country: 'FR' } };
}

/** A customer's program on workdays; every ninth day it repeats one failed call three hundred times. */
function customer(world: World, days: number): Life {
  const address = world.network(64_501, 'NL');
  const agent = 'acme-sync/1.8 node-fetch';
  const endpoints = ['GET /invoices', 'GET /invoices/*', 'POST /payments', 'GET /customers/*'];
  const uses = eachDay(days, (day) => {
    if (isWeekend(day)) return [];
    const storm = day * DAY_MS + 11 * HOUR_MS;
    const repeats = day % 9 === 4 ? 300 : 0;
    return [
      ...world
        .times(day, office(40))
        .map((at) => world.use(at, { address, agent, name: world.mostly(endpoints), bytes: world.size(3_000) })),
      ...Array.from({ length: repeats }, (_, index) =>
        world.use(storm + index * 200, { address, agent, name: 'POST /payments', kind: 'write', outcome: 'failed' }),
      ),
    ];
  });
  return { uses, usual: { agent, name: 'GET /invoices', country: 'NL' } };
}

/** A customer who moves to another carrier in the fourth week, and fetches everything once more on that day. */
function synchronization(world: World, days: number): Life {
  const base = customer(world, days);
  const address = world.network(64_504, 'NL');
  const { agent } = base.usual;
  const moved = base.uses.map((use) =>
    use.at - FIRST_DAY < 23 * DAY_MS ? use : { ...use, client: { ...use.client, address } },
  );
  const all = Array.from({ length: 5_000 }, (_, index) =>
    world.use(23 * DAY_MS + 9 * HOUR_MS + index * 700, {
      ...{ address, agent, name: 'GET /invoices/*', bytes: world.size(30_000) },
    }),
  );
  return { ...base, uses: [...moved, ...all] };
}

/** A desk of eight behind one line; each looks up customers all day long, faster on Mondays. */
function supportDesk(world: World, days: number): Life {
  const [line, second] = [world.network(64_502, 'GB'), world.network(64_503, 'GB')];
  const agent = 'support-desk/5.0 electron';
  const uses = eachDay(days, (day) =>
    isWeekend(day)
      ? []
      : world.times(day, office(day % 7 === 0 ? 220 : 120)).map((at) =>
          world.use(at, {
            // The line fails now and then, and another takes over for an afternoon.
            ...{
              address: day % 11 === 8 && at % DAY_MS > 13 * HOUR_MS ? second : line,
              agent,
              bytes: world.size(4_000),
            },
            name: world.mostly(['GET /customers/*', 'GET /orders/*', 'POST /notes', 'GET /customers']),
          }),
        ),
  );
  return { uses, usual: { agent, name: 'GET /customers/*', country: 'GB' } };
}

/** Devices that wake every quarter of an hour at the same minute, on three carriers. */
function devices(world: World, days: number): Life {
  const networks = Array.from({ length: 24 }, (_, index) => world.network(64_510 + (index % 3), 'DE'));
  const agent = 'meter/2.1 esp-idf';
  const uses = eachDay(days, (day) =>
    Array.from({ length: 96 }, (_, quarter) =>
      networks.map((address) =>
        world.use(day * DAY_MS + quarter * 15 * MINUTE_MS + world.between(0, 20_000), {
          ...{ address, agent, name: 'POST /readings', kind: 'write' },
        }),
      ),
    ).flat(),
  );
  return { uses, usual: { agent, name: 'POST /readings', country: 'DE' } };
}

/** A campaign on the twentieth day: twelve times as busy within minutes, a third of it from countries it never had. */
function campaign(world: World, days: number): Life {
  const base = applicationKey(world, days);
  const strangers = Array.from({ length: 800 }, (_, index) =>
    world.network(64_700 + (index % 20), ['JP', 'KR', 'ZA', 'AR'][index % 4] ?? ''),
  );
  const known = base.uses.map(({ client }) => client.address);
  const crowd = Array.from({ length: 2_400 }, (_, index) =>
    world.use(20 * DAY_MS + 18 * HOUR_MS + index * 3_000, {
      ...{ address: world.happens(0.33) ? world.any(strangers) : world.any(known), agent: 'Shop/3.2 (Android 14)' },
      name: world.mostly(['GET /feed', 'GET /products/*', 'POST /carts']),
    }),
  );
  return { ...base, uses: [...base.uses, ...crowd] };
}

export const CUSTOMERS: readonly KindOfLife[] = [
  { title: 'key in an application on phones', live: applicationKey },
  { title: 'key in an application, a campaign', live: campaign },
  { title: 'partner, weekly, moves once', live: partner },
  { title: 'customer whose program repeats failed calls', live: customer },
  { title: 'customer who moves, and fetches everything', live: synchronization },
  { title: 'support desk of eight', live: supportDesk },
  { title: 'two dozen devices', live: devices },
];
