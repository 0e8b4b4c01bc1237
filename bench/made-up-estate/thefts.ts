import { cloudSystem } from '../../detectors/clouds';
import type { UsageEvent } from '../../domain/usage-event';
import type { Life } from './life';
import type { World } from './world';

/** What somebody does with a stolen credential from `at` on, within six hours. */
export interface KindOfTheft {
  readonly title: string;
  readonly steal: (world: World, life: Life, at: number) => readonly UsageEvent[];
}

const RESIDENTIAL = ['VN', 'BR', 'ID', 'RU', 'IN', 'MX', 'TR', 'UA', 'PH', 'CO'];

function uses(count: number, useOf: (index: number) => UsageEvent): readonly UsageEvent[] {
  return Array.from({ length: count }, (_, index) => useOf(index));
}

/** Asks whom it is and what it may do, mostly in vain, from a hired machine. */
function scout(world: World, { usual: { session } }: Life, at: number): readonly UsageEvent[] {
  const address = world.network(cloudSystem('DigitalOcean'), 'NL');
  const names = ['s3:ListBuckets', 'iam:ListUsers', 'iam:ListRoles', 'ec2:DescribeInstances', 'lambda:ListFunctions'];
  return uses(16, (index) =>
    world.use(at + index * 3_000, {
      ...{ address, agent: 'python-requests/2.31.0', session },
      name: index === 0 ? 'sts:GetCallerIdentity' : `${names[index % 5]}${Math.floor(index / 5) || ''}`,
      ...(index > 0 && world.happens(0.6) ? { outcome: 'authorization' } : {}),
    }),
  );
}

/** A thousand machines in ten countries within thirty seconds, all as the owner's program. */
function botnet(world: World, { usual: { agent, name, session } }: Life, at: number): readonly UsageEvent[] {
  return uses(1_000, (index) => {
    const address = world.network(65_000 + (index % 70), RESIDENTIAL[index % 10] ?? '');
    return world.use(at + index * 30, { address, agent, name, session });
  });
}

/** Three hundred homes in the owner's country, one after the other within six hours, as the owner's program. */
function patientBotnet(
  world: World,
  { usual: { agent, name, country, session } }: Life,
  at: number,
): readonly UsageEvent[] {
  return uses(300, (index) =>
    world.use(at + index * 70_000, {
      address: world.network(65_200 + (index % 8), country),
      agent,
      name,
      session,
    }),
  );
}

/** Four gigabytes, with the owner's own program, from a machine hired abroad. */
function exfiltration(world: World, { usual: { agent, name, session } }: Life, at: number): readonly UsageEvent[] {
  const address = world.network(cloudSystem('Vultr'), 'SG');
  return uses(200, (index) =>
    world.use(at + index * 5_000, { address, agent, name, bytes: world.size(20_000_000), session }),
  );
}

/** As the owner does, slowly, from a home in the owner's country. */
function quiet(world: World, { usual: { agent, name, country, session } }: Life, at: number): readonly UsageEvent[] {
  const address = world.network(65_100, country);
  return uses(30, (index) => world.use(at + index * 110_000, { address, agent, name, session }));
}

/** A dear endpoint that the owner never calls, five times a second, from another cloud. */
function resale(world: World, { usual: { session } }: Life, at: number): readonly UsageEvent[] {
  const address = world.network(cloudSystem('Alibaba Cloud'), 'HK');
  return uses(3_000, (index) =>
    world.use(at + index * 200, { address, agent: 'OpenAI/Python 1.12', name: 'bedrock:InvokeModel', session }),
  );
}

export const THEFTS: readonly KindOfTheft[] = [
  { title: 'scout', steal: scout },
  { title: 'botnet', steal: botnet },
  { title: 'patient botnet', steal: patientBotnet },
  { title: 'exfiltration', steal: exfiltration },
  { title: 'resale', steal: resale },
  { title: 'quiet', steal: quiet },
];
