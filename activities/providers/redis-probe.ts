import { IncidentError } from '../../domain/errors';
import type { Persistence } from './redis-account';
import { isLackOfRights, type RedisConnection } from './redis-connection';

/** What an incident calls, as examples to try. */
const CALLS: readonly (readonly string[])[] = [
  ['acl', 'getuser', 'u'],
  ['acl', 'setuser', 'u'],
  ['client', 'list'],
  ['client', 'kill', 'USER', 'u'],
  ['info'],
  ['multi'],
  ['exec'],
];

const KEEPING: Readonly<Record<Persistence, readonly string[] | undefined>> = {
  'acl-file': ['acl', 'save'],
  'config-file': ['config', 'rewrite'],
  none: undefined,
};

/** What our admin may not do of what an incident needs, as ACL rules name it. Does none of it. */
export async function missingRights(
  redis: RedisConnection,
  admin: string,
  persistence: Persistence,
): Promise<readonly string[]> {
  const keep = KEEPING[persistence];
  const missing: string[] = [];
  try {
    for (const call of keep ? [...CALLS, keep] : CALLS)
      if (!(await mayCall(redis, admin, call))) missing.push(nameOf(call));
  } catch (error) {
    if (!isLackOfRights(error)) throw error;
    return ['acl|dryrun'];
  }
  return missing;
}

/**
 * Users are no data: Redis sends them to no replica and to no other node of a cluster, so what we refuse here would go on there.
 * @throws IncidentError PROVIDER_REFUSED
 */
export async function mustBeAlone(redis: RedisConnection, about: Readonly<Record<string, string>>): Promise<void> {
  const info = await redis.info();
  const value = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  const others = [
    ...(value('role') === 'master' ? [] : ['it is a replica']),
    ...(value('connected_slaves') === '0' ? [] : ['it has replicas']),
    ...(value('cluster_enabled') === '0' ? [] : ['it is a node of a cluster']),
  ];
  if (others.length > 0) throw new IncidentError('PROVIDER_REFUSED', { ...about, found: others.join(', ') });
}

/** Only where our admin may read the configuration, which it need not. @throws IncidentError PROVIDER_REFUSED */
export async function mustHaveAclFile(
  redis: RedisConnection,
  admin: string,
  about: Readonly<Record<string, string>>,
): Promise<void> {
  if (!(await mayCall(redis, admin, ['config', 'get', 'aclfile']))) return;
  const { aclfile } = await redis.configGet('aclfile');
  if (!aclfile) throw new IncidentError('PROVIDER_REFUSED', { ...about, found: 'no aclfile to keep users in' });
}

async function mayCall(redis: RedisConnection, admin: string, call: readonly string[]): Promise<boolean> {
  const answer = await redis.sendCommand<string>(['ACL', 'DRYRUN', admin, ...call]);
  return answer === 'OK';
}

function nameOf([command, sub]: readonly string[]): string {
  return command === 'acl' || command === 'client' || command === 'config' ? `${command}|${sub}` : `${command}`;
}
