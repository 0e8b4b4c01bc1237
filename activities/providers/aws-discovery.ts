import { GetAccessKeyLastUsedCommand, ListUsersCommand, ListUserTagsCommand } from '@aws-sdk/client-iam';
import type { FoundCredential } from '../../domain/ports/credential-provider';
import { replyOf, type Iam } from './aws-calls';
import { listKeys, type ListedKey } from './aws-keys';

/** Tags by which people say whose a user is, in the order in which they are believed. */
const TEAM_TAGS: readonly string[] = ['team', 'owner', 'ownerteam', 'owner-team'];

/** Every access key of every IAM user, with what IAM says of its last use and the user's tags of its team. */
export async function discoverKeys(iam: Iam, signal: AbortSignal): Promise<readonly FoundCredential[]> {
  const found: FoundCredential[] = [];
  for await (const user of usersOf(iam, signal)) {
    const keys = (await listKeys(iam, user, signal)) ?? [];
    if (keys.length === 0) continue;
    const ownerTeam = await teamOf(iam, user, signal);
    for (const key of keys) found.push(await foundOf(iam, { user, key, ownerTeam }, signal));
  }
  return found;
}

async function* usersOf({ client }: Iam, abortSignal: AbortSignal): AsyncGenerator<string, void> {
  let marker: string | undefined;
  do {
    const page = await client.send(new ListUsersCommand(marker === undefined ? {} : { Marker: marker }), {
      abortSignal,
    });
    for (const { UserName } of page.Users ?? []) if (UserName !== undefined) yield UserName;
    marker = page.IsTruncated ? page.Marker : undefined;
  } while (marker !== undefined);
}

async function teamOf({ client }: Iam, user: string, abortSignal: AbortSignal): Promise<string | undefined> {
  try {
    const { Tags = [] } = await client.send(new ListUserTagsCommand({ UserName: user }), { abortSignal });
    const byName = new Map(Tags.map(({ Key = '', Value }) => [Key.toLowerCase(), Value]));
    return TEAM_TAGS.map((tag) => byName.get(tag)).find((value) => value !== undefined && value !== '');
  } catch (error) {
    // Whose it is can be asked of people.
    if (replyOf(error)?.startsWith('AccessDenied')) return undefined;
    throw error;
  }
}

interface Listed {
  readonly user: string;
  readonly key: ListedKey;
  readonly ownerTeam: string | undefined;
}

async function foundOf(
  { client }: Iam,
  { user, key, ownerTeam }: Listed,
  abortSignal: AbortSignal,
): Promise<FoundCredential> {
  const { AccessKeyLastUsed: use } = await client.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: key.id }), {
    abortSignal,
  });
  const used = use?.LastUsedDate
    ? `last used ${dayOf(use.LastUsedDate.getTime())}, ${use.ServiceName ?? '?'} in ${use.Region ?? '?'}`
    : 'never used, as far as IAM knows';
  const notes = [`made ${dayOf(key.createdAt)}`, used, ...(key.isActive ? [] : ['NOT ACTIVE'])];
  return { principal: user, publicId: key.id, notes, ownerTeam };
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
