import { bringToLife } from '../../../activities/issue-first-version';
import type { VersionState } from '../../../domain/credential';
import { callContext } from '../../support/call-context';
import { sampleCredential, secretRef } from '../../support/sample-credential';

type Deps = Parameters<typeof bringToLife>[0];

/** An attempt that ends after its registration was undone: the version is discarded by then. */
function late(adopted: boolean) {
  const done: string[] = [];
  const did = (what: string) => () => Promise.resolve(void done.push(what));
  const secret = secretRef('orders-db', 1);
  let state: VersionState = 'discarded';
  const deps = {
    inventory: {
      saveVersion: did('saved'),
      setState: did('live'),
      version: () => Promise.resolve({ credentialId: 'orders-db', version: 1, state }),
      records: () => Promise.resolve([]),
    },
    secrets: { putIfAbsent: did('stored'), destroy: did('destroyed') },
    projection: { write: did('projected') },
    providers: new Map([
      [
        'postgres-role',
        {
          createReplacement: () => Promise.resolve({ value: { publicId: 'orders_v1', subjects: [], secret } }),
          test: did('tested'),
          inspect: did('inspected'),
          discard: did('ended'),
        },
      ],
    ]),
  } as unknown as Deps;
  const material = { kind: 'http' as const, id: 'one', secret: 'two' };
  const first = {
    credential: sampleCredential(),
    secret,
    context: callContext(),
    ...(adopted ? { adopted: { publicId: 'orders_app', subjects: [], material } } : {}),
  };
  return {
    done,
    run: () => bringToLife(deps, first),
    inTime: () => {
      state = 'live';
      return bringToLife(deps, first);
    },
  };
}

describe('an attempt that comes after the undo', () => {
  it('ends what it has minted since, and says so', async () => {
    const { done, run } = late(false);

    await expect(run()).rejects.toMatchObject({ code: 'VERSION_NOT_LIVE' });
    expect(done).toEqual(['saved', 'tested', 'live', 'ended']);
  });

  it('keeps no value that others have issued, and leaves the version to them', async () => {
    const { done, run } = late(true);

    await expect(run()).rejects.toMatchObject({ code: 'VERSION_NOT_LIVE' });
    expect(done).toEqual(['stored', 'saved', 'inspected', 'tested', 'live', 'destroyed']);
  });

  it('is no such attempt while it lives', async () => {
    const { done, inTime } = late(true);

    await inTime();
    expect(done.at(-1)).toBe('projected');
  });
});
