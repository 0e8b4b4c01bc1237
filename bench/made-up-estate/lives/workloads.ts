import { cloudSystem } from '../../../detectors/clouds';
import { eachDay, type KindOfLife, type Life } from '../life';
import { DAY_MS, daytime, HOUR_MS, isWeekend, MINUTE_MS, type World } from '../world';

const [AMAZON, AZURE, GOOGLE] = ['Amazon Web Services', 'Microsoft Azure', 'Google Cloud'].map(cloudSystem) as [
  number,
  number,
  number,
];
/** A hosting company, a carrier for businesses. */
const [HOSTER, CARRIER] = [cloudSystem('Hetzner'), 64_496];

const ORDERS = ['orders', 'orders/*', 'customers/*', 'stock', 'prices/*', 'invoices', 'carriers', 'refunds/*'].map(
  (path) => `GET /${path}`,
);

/** Three machines of a cloud, new ones with each release, which comes every nine days and brings an endpoint. */
function service(world: World, days: number, busy = (_day: number, _hour: number): number => 1): Life {
  const releases = Array.from({ length: Math.ceil(days / 9) }, (_, release) => ({
    machines: world.networks(3, AMAZON, 'IE'),
    agent: `orders/4.${release}`,
    endpoints: [...ORDERS, ...Array.from({ length: release }, (_new, index) => `GET /v2/part-${index}`)],
  }));
  const uses = eachDay(days, (day) => {
    const { machines, agent, endpoints } = world.any(releases.slice(Math.floor(day / 9), Math.floor(day / 9) + 1));
    return world
      .times(day, (hour) => daytime(50)(hour) * busy(day, hour))
      .map((at) =>
        world.use(at, {
          ...{ address: world.any(machines), agent, name: world.mostly(endpoints), bytes: world.size(12_000) },
          ...(world.happens(0.01) ? { outcome: 'failed' } : {}),
        }),
      );
  });
  return { uses, usual: { agent: 'orders/4.0', name: 'GET /orders', country: 'IE' } };
}

/** Each call from another of a cloud's machines. */
function functions(world: World, days: number): Life {
  const agent = 'Boto3/1.34 md/Botocore#1.34 lang/python#3.12 exec-env/AWS_Lambda_python3.12';
  const actions = ['s3:GetObject', 'dynamodb:Query', 'sqs:SendMessage', 's3:PutObject'];
  const uses = eachDay(days, (day) =>
    world.times(day, daytime(25)).map((at) =>
      world.use(at, {
        address: world.network(AMAZON, 'US'),
        agent,
        name: world.mostly(actions),
        bytes: world.size(8_000),
      }),
    ),
  );
  return { uses, usual: { agent, name: 's3:GetObject', country: 'US' } };
}

/** Six instances of a role, each with a new session every six hours; an instance is replaced each week. */
function role(world: World, days: number): Life {
  const agent = 'aws-sdk-java/2.25.1 Linux/6.1 OpenJDK_64-Bit_Server_VM/17 exec-env/AWS_ECS_EC2';
  const actions = ['s3:GetObject', 'dynamodb:GetItem', 'sqs:ReceiveMessage', 'kms:Decrypt', 's3:PutObject'];
  const weeks = Array.from({ length: Math.ceil(days / 7) }, () => world.networks(6, AMAZON, 'IE'));
  const uses = eachDay(days, (day) =>
    world.times(day, daytime(60)).map((at) => {
      const instance = world.whole(0, 6);
      const address = weeks[Math.floor(day / 7)]?.[instance] ?? '';
      const session = `instance-${instance}-${Math.floor(at / (6 * HOUR_MS))}`;
      return world.use(at, { address, agent, name: world.mostly(actions), bytes: world.size(7_000), session });
    }),
  );
  return { uses, usual: { agent, name: 's3:GetObject', country: 'IE', session: 'instance-0-153' } };
}

/** Hosted runners on workdays: it sees whom it is, fetches and puts, and is refused something now and then. */
function pipeline(world: World, days: number): Life {
  const agent = 'aws-cli/2.15.30 Python/3.11 Linux/6.5 exe/x86_64';
  const steps = [
    ['sts:GetCallerIdentity', 'ecr:GetAuthorizationToken', 'ecr:BatchGetImage'],
    ['cloudformation:DescribeStacks', 'cloudformation:CreateChangeSet', 'cloudformation:ExecuteChangeSet'],
    ['s3:PutObject', 's3:PutObject', 's3:PutObject', 'cloudfront:CreateInvalidation'],
  ].flat();
  const uses = eachDay(days, (day) =>
    (isWeekend(day) ? [] : world.times(day, (hour) => (hour >= 8 && hour < 19 ? 3 : 0))).flatMap((begin) => {
      const address = world.network(AZURE, 'US');
      const isRefused = world.happens(0.03);
      return steps.map((name, step) =>
        world.use(begin + step * 2_500, {
          ...{ address, agent, name, kind: /Get|Describe/.test(name) ? 'read' : 'write' },
          ...(isRefused && step === 7 ? { outcome: 'authorization' } : {}),
        }),
      );
    }),
  );
  return { uses, usual: { agent, name: 's3:PutObject', country: 'US' } };
}

/** Each night three hundred files, thrice as many each twenty-eighth night. */
function nightlyBatch(world: World, days: number): Life {
  const [address, agent] = [world.network(HOSTER, 'DE'), 'warehouse-loader/2.3'];
  const uses = eachDay(days, (day) => {
    const files = Math.round(world.between(260, 340)) * (day % 28 === 27 ? 3 : 1);
    const start = day * DAY_MS + 2 * HOUR_MS + world.between(0, 5 * MINUTE_MS);
    return Array.from({ length: files }, (_, file) =>
      world.use(start + file * 8_000, { address, agent, name: 's3:GetObject', bytes: world.size(4_000_000) }),
    );
  });
  return { uses, usual: { agent, name: 's3:GetObject', country: 'DE' } };
}

/** Every five minutes one call, from a line whose address the carrier changes every two weeks. */
function cron(world: World, days: number): Life {
  const lines = world.networks(Math.ceil(days / 14), CARRIER, 'DE');
  const agent = 'curl/7.88.1';
  const uses = eachDay(days, (day) =>
    Array.from({ length: 288 }, (_, index) =>
      world.use(day * DAY_MS + index * 5 * MINUTE_MS + world.between(0, 4_000), {
        ...{ address: lines[Math.floor(day / 14)] ?? '', agent, name: 'POST /heartbeats', kind: 'write' },
        ...(world.happens(0.003) ? { outcome: 'failed' } : {}),
      }),
    ),
  );
  return { uses, usual: { agent, name: 'POST /heartbeats', country: 'DE' } };
}

/** Ten regions of a cloud in ten countries in turn, each minute. */
function probes(world: World, days: number): Life {
  const countries = ['US', 'IE', 'DE', 'SG', 'JP', 'BR', 'AU', 'IN', 'CA', 'GB'];
  const regions = countries.map((country) => world.network(GOOGLE, country));
  const agent = 'GoogleStackdriverMonitoring-UptimeChecks';
  const uses = eachDay(days, (day) =>
    Array.from({ length: 1_440 }, (_, minute) =>
      world.use(day * DAY_MS + minute * MINUTE_MS, { address: regions[minute % 10] ?? '', agent, name: 'GET /health' }),
    ),
  );
  return { uses, usual: { agent, name: 'GET /health', country: 'US' } };
}

/** A few calls each two weeks. */
function seldom(world: World, days: number): Life {
  const [address, agent] = [world.network(CARRIER, 'DE'), 'report-mailer/1.0'];
  const uses = eachDay(days, (day) =>
    day % 14 > 0
      ? []
      : Array.from({ length: 12 }, (_, index) =>
          world.use(day * DAY_MS + 9 * HOUR_MS + index * 20_000, { address, agent, name: 'GET /reports/*' }),
        ),
  );
  return { uses, usual: { agent, name: 'GET /reports/*', country: 'DE' } };
}

/** It scales from three machines to forty within ten minutes of the eleventh day, and is as busy for an hour. */
function scaling(world: World, days: number): Life {
  const base = service(world, days);
  const machines = world.networks(40, AMAZON, 'IE');
  const burst = Array.from({ length: 4_000 }, (_, index) => {
    const since = index * 900;
    const started = Math.max(1, Math.min(machines.length, Math.ceil(since / 15_000)));
    const address = machines[world.whole(0, started)] ?? '';
    return world.use(11 * DAY_MS + 14 * HOUR_MS + since, { address, agent: 'orders/4.1', name: world.mostly(ORDERS) });
  });
  return { ...base, uses: [...base.uses, ...burst] };
}

/** Within six hours of the fifteenth night it fetches again all that it fetched in two weeks. */
function backfill(world: World, days: number): Life {
  const base = nightlyBatch(world, days);
  const address = base.uses[0]?.client.address ?? '';
  const again = Array.from({ length: 4_200 }, (_, file) =>
    world.use(15 * DAY_MS + 20 * HOUR_MS + file * 5_000, {
      ...{ address, agent: 'warehouse-loader/2.3', name: 's3:GetObject', bytes: world.size(4_000_000) },
    }),
  );
  return { ...base, uses: [...base.uses, ...again] };
}

/** A colleague tries the service's key from his desk with curl on three days, a few calls each. */
function triedFromDesk(world: World, days: number): Life {
  const base = service(world, days);
  const desk = world.network(CARRIER, 'IE');
  const tries = [2, 16, 30].flatMap((day) =>
    Array.from({ length: 6 }, (_, index) =>
      world.use(day * DAY_MS + 15 * HOUR_MS + index * 40_000, {
        address: desk,
        agent: 'curl/8.4.0',
        name: world.mostly(ORDERS),
      }),
    ),
  );
  return { ...base, uses: [...base.uses, ...tries] };
}

/** A load test of ten minutes in the twentieth night, forty times as busy, with a tool for it from one more machine of the cloud. */
function loadTest(world: World, days: number): Life {
  const base = service(world, days);
  const address = world.network(AMAZON, 'IE');
  const test = Array.from({ length: 6_000 }, (_, index) =>
    world.use(20 * DAY_MS + 3 * HOUR_MS + index * 100, { address, agent: 'k6/0.49.0', name: world.mostly(ORDERS) }),
  );
  return { ...base, uses: [...base.uses, ...test] };
}

/** In private networks behind one address; at the third week a second cluster in another region. */
function cluster(world: World, days: number): Life {
  const [first, second] = [world.network(AZURE, 'NL'), world.network(AZURE, 'SE')];
  const agents = ['basket/1.2 axios/1.6', 'Java-http-client/17.0.9', 'okhttp/4.12.0'];
  const uses = eachDay(days, (day) =>
    world.times(day, daytime(60)).map((at) =>
      world.use(at, {
        ...{ address: day > 20 && world.happens(0.5) ? second : first, agent: world.any(agents) },
        ...{ name: world.mostly(ORDERS), bytes: world.size(9_000) },
        ...(world.happens(0.004) ? { outcome: 'authentication' } : {}),
      }),
    ),
  );
  return { uses, usual: { agent: 'okhttp/4.12.0', name: 'GET /orders', country: 'NL' } };
}

export const WORKLOADS: readonly KindOfLife[] = [
  { title: 'service in a cloud, releases', live: (world, days) => service(world, days) },
  {
    title: 'service with a sale: six times as busy for a day',
    live: (world, days) => service(world, days, (day, hour) => (day === 25 && hour >= 8 ? 6 : 1)),
  },
  { title: 'functions, each call from a new machine', live: functions },
  { title: 'role of six instances, sessions', live: role },
  { title: 'pipeline on hosted runners', live: pipeline },
  { title: 'nightly batch', live: nightlyBatch },
  { title: 'cron behind a changing line', live: cron },
  { title: 'probes from ten countries', live: probes },
  { title: 'used every second week', live: seldom },
  { title: 'service that scales to forty machines', live: scaling },
  { title: 'batch with a backfill', live: backfill },
  { title: 'service, tried from a desk', live: triedFromDesk },
  { title: 'service, load test', live: loadTest },
  { title: 'clusters behind one address each', live: cluster },
];
