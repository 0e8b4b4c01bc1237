import {
  DeleteAccessKeyCommand,
  GetAccessKeyLastUsedCommand,
  ListAccessKeysCommand,
  NoSuchEntityException,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import type { Iam } from './aws-calls';

/** AWS lets a user have two keys, be they active or not. */
export const MOST_KEYS = 2;

export interface ListedKey {
  readonly id: string;
  readonly isActive: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** The keys of a user; undefined where there is no such user. */
export async function listKeys({ client }: Iam, user: string, abortSignal: AbortSignal) {
  try {
    const { AccessKeyMetadata = [] } = await client.send(new ListAccessKeysCommand({ UserName: user }), {
      abortSignal,
    });
    return AccessKeyMetadata.map(({ AccessKeyId = '', Status, CreateDate }): ListedKey => ({
      id: AccessKeyId,
      isActive: Status !== 'Inactive',
      createdAt: CreateDate?.getTime() ?? 0,
    }));
  } catch (error) {
    if (error instanceof NoSuchEntityException) return undefined;
    throw error;
  }
}

/** One of them, where it is listed. */
export async function findKey(iam: Iam, user: string, id: string, signal: AbortSignal): Promise<ListedKey | undefined> {
  return (await listKeys(iam, user, signal))?.find((key) => key.id === id);
}

/** Whether there was such a key. */
export function setActive({ client }: Iam, user: string, id: string, isActive: boolean, abortSignal: AbortSignal) {
  const Status = isActive ? 'Active' : 'Inactive';
  return found(client.send(new UpdateAccessKeyCommand({ UserName: user, AccessKeyId: id, Status }), { abortSignal }));
}

/** Whether there was such a key. */
export function deleteKey({ client }: Iam, user: string, id: string, abortSignal: AbortSignal): Promise<boolean> {
  return found(client.send(new DeleteAccessKeyCommand({ UserName: user, AccessKeyId: id }), { abortSignal }));
}

/** As far as IAM knows by now. */
export async function wasUsed({ client }: Iam, id: string, abortSignal: AbortSignal): Promise<boolean> {
  const { AccessKeyLastUsed } = await client.send(new GetAccessKeyLastUsedCommand({ AccessKeyId: id }), {
    abortSignal,
  });
  return AccessKeyLastUsed?.LastUsedDate !== undefined;
}

async function found(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (error instanceof NoSuchEntityException) return false;
    throw error;
  }
}
