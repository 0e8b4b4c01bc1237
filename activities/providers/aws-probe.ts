import { replyOf, type Iam } from './aws-calls';
import { deleteKey, listKeys, setActive, wasUsed, type ListedKey } from './aws-keys';
import { areSessionsEnded, tryToWrite, type Holder } from './aws-sessions';

/** No key has this id: what is asked for it changes nothing, and is refused by rights before it is looked up. */
const NOBODYS = 'AKIAAAAAAAAAAAAAAAAA';
/** Nor has any user this name. */
const NOBODY = 'tourniquet-nobody';

/** What our admin may not do of what an incident needs, as IAM names it. That it may create keys IAM tells only by creating one, so that is not asked. */
export async function missingRights(
  iam: Iam,
  holders: readonly Holder[],
  keys: readonly ListedKey[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const [{ name: user } = { name: '' }] = holders;
  const asked: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['iam:UpdateAccessKey', () => setActive(iam, user, NOBODYS, false, signal)],
    ['iam:DeleteAccessKey', () => deleteKey(iam, user, NOBODYS, signal)],
    ...keys.slice(0, 1).map(({ id }) => ['iam:GetAccessKeyLastUsed', () => wasUsed(iam, id, signal)] as const),
    ...holders.flatMap((holder) => {
      const policy = holder.kind === 'user' ? 'UserPolicy' : `RolePolicy of ${holder.name}`;
      return [
        [`iam:Get${policy}`, () => areSessionsEnded(iam, [holder], NOBODYS, signal)] as const,
        [`iam:Put${policy}`, () => tryToWrite(iam, holder, signal)] as const,
      ];
    }),
  ];
  const missing: string[] = [];
  for (const [right, ask] of asked) if (!(await isAllowed(ask))) missing.push(right);
  return missing;
}

/** Whether IAM knows who we are. What an admin may do is said of one user at a time, so that it may not see this one is as good an answer. */
export async function mustBeKnown(iam: Iam, signal: AbortSignal): Promise<void> {
  await isAllowed(() => listKeys(iam, NOBODY, signal));
}

async function isAllowed(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask();
    return true;
  } catch (error) {
    const reply = replyOf(error);
    if (reply === 'AccessDenied' || reply === 'AccessDeniedException') return false;
    throw error;
  }
}
