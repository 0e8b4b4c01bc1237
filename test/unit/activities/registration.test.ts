import { createRegistrationActivities, type Registration } from '../../../activities/registration';
import type { SecretVersion } from '../../../domain/credential';
import { IncidentError } from '../../../domain/errors';
import { runActivity } from '../../support/run-activity';
import { sampleCredential, sampleVersion } from '../../support/sample-credential';

type Deps = Parameters<typeof createRegistrationActivities>[0];

const GIVEN = { store: 'postgres', path: 'registrations/one', version: 1 };

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
    providers: new Map([['postgres-role', { adopt: (_of: unknown, found: { publicId: string }) => found }]]),
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
