import { createRegistrationActivities, type Registration } from '../../../activities/registration';
import type { SecretVersion } from '../../../domain/credential';
import { IncidentError } from '../../../domain/errors';
import { runActivity } from '../../support/run-activity';
import { sampleCredential, sampleVersion } from '../../support/sample-credential';

type Deps = Parameters<typeof createRegistrationActivities>[0];

const GIVEN = { store: 'postgres', path: 'registrations/one', version: 1 };

const PROVIDER = {
  capabilities: { secretOrigin: 'ours' },
  adopt: (_of: unknown, found: { publicId: string }) => ({ ...found, subjects: [] }),
};

/** A credential that lives, and is registered again with a version that others have issued. */
function again(read: () => Promise<string>, publicId = 'orders_app') {
  const destroyed: string[] = [];
  const live: SecretVersion = sampleVersion({ version: 1, state: 'live', publicId: 'orders_app' });
  const { takeInFirstVersion } = createRegistrationActivities({
    inventory: {
      credential: () => Promise.resolve(sampleCredential()),
      versions: () => Promise.resolve([live]),
      records: () => Promise.resolve([]),
    },
    secrets: { get: read, destroy: ({ path }: { path: string }) => Promise.resolve(void destroyed.push(path)) },
    projection: { write: () => Promise.resolve() },
    providers: new Map([['postgres-role', PROVIDER]]),
  } as unknown as Deps);
  const registration = { credential: sampleCredential(), actor: 'ada', runId: 'r', found: { publicId, given: GIVEN } };
  return { destroyed, taken: runActivity(takeInFirstVersion, registration satisfies Registration) };
}

describe('a version that is given of a credential that lives', () => {
  it('is taken for its own by its name, and kept nowhere', async () => {
    const { destroyed, taken } = again(() => Promise.resolve('value'));

    await taken;
    expect(destroyed).toEqual([GIVEN.path]);
  });

  it('was taken in by an attempt before where its value is gone', async () => {
    const { taken } = again(() => Promise.reject(new IncidentError('SECRET_NOT_FOUND', {})));

    await expect(taken).resolves.toBeUndefined();
  });

  it.each([
    ['another one is refused', () => Promise.resolve('value'), 'other_app', 'ADOPTION_REFUSED'],
    [
      'nothing is concluded while its store does not answer',
      () => Promise.reject(new IncidentError('SECRET_STORE_UNAVAILABLE', {})),
      'orders_app',
      'SECRET_STORE_UNAVAILABLE',
    ],
  ])('%s', async (_what, read, publicId, code) => {
    await expect(again(read, publicId).taken).rejects.toMatchObject({
      message: expect.stringContaining(code) as string,
    });
  });
});

describe('a version that is given where only a person can have one issued', () => {
  /** Takes in `value` where `first` lives, by what the provider says of it. */
  function next(value: string, test: () => Promise<unknown> = () => Promise.resolve()) {
    const versions = [sampleVersion({ version: 1, state: 'live', publicId: 'first' })];
    const state = new Map<number, string>();
    const deps = {
      inventory: {
        credential: () => Promise.resolve(sampleCredential()),
        credentials: () => Promise.resolve([]),
        versions: () => Promise.resolve(versions),
        version: (_id: string, version: number) =>
          Promise.resolve({ ...sampleVersion({ version }), state: state.get(version) ?? 'pending' }),
        reserveVersion: () => Promise.resolve({ ...GIVEN, path: 'credentials/orders', version: 2 }),
        saveVersion: () => Promise.resolve(),
        setState: (_id: string, version: number, to: string) => Promise.resolve(void state.set(version, to)),
        records: () => Promise.resolve([]),
      },
      audit: { append: () => Promise.resolve() },
      secrets: {
        get: () => Promise.resolve(value),
        putIfAbsent: () => Promise.resolve('stored'),
        destroy: () => Promise.resolve(),
      },
      projection: { write: () => Promise.resolve() },
      providers: new Map([
        [
          'postgres-role',
          {
            capabilities: { secretOrigin: 'person' },
            adopt: (_of: unknown, found: { value: string }) => ({ publicId: found.value, subjects: [], material: {} }),
            test,
          },
        ],
      ]),
      stores: { byDefault: 'postgres' },
    } as unknown as Deps;
    const registration = { credential: sampleCredential(), actor: 'ada', runId: 'r', found: { given: GIVEN } };
    const { takeInFirstVersion, undoFirstVersion } = createRegistrationActivities(deps);
    return {
      state,
      take: () => runActivity(takeInFirstVersion, registration satisfies Registration),
      undo: () => runActivity(undoFirstVersion, { ...registration, isDescribed: true }),
    };
  }

  it('is its next version, once it has worked', async () => {
    const { state, take, undo } = next('second');

    await take();
    await undo();

    expect([...state]).toEqual([[2, 'live']]);
  });

  it('is the one that lives already where it has that value', async () => {
    const { state, take } = next('first');

    await take();

    expect([...state]).toEqual([]);
  });

  it('is discarded where it does not work, and the one that lives is not touched', async () => {
    const { state, take, undo } = next('second', () => Promise.reject(new IncidentError('REPLACEMENT_REJECTED', {})));

    await expect(take()).rejects.toMatchObject({ type: 'ADOPTION_REFUSED' });
    await undo();

    expect([...state]).toEqual([[2, 'discarded']]);
  });
});
