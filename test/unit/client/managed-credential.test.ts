import { ManagedCredential } from '../../../client/dependent/managed-credential';
import { IncidentError } from '../../../domain/errors';
import type { CurrentSecret, SecretClient } from '../../../client/dependent/secret-client';

const secret = (version: number): CurrentSecret => ({ version, material: { kind: 'api-token', token: `t${version}` } });

function store(first = 1): {
  client: SecretClient;
  set(version: number): void;
  fail(error: Error | undefined): void;
  reads(): number;
} {
  let current = first;
  let failure: Error | undefined;
  let reads = 0;
  return {
    client: {
      read: (_id, version) => {
        reads += 1;
        return failure ? Promise.reject(failure) : Promise.resolve(secret(version ?? current));
      },
    },
    set: (version) => void (current = version),
    fail: (error) => void (failure = error),
    reads: () => reads,
  };
}

describe('ManagedCredential', () => {
  it('resolves at once when a newer version is held already', async () => {
    const credential = await ManagedCredential.open('c', 'api-token', store(3).client);

    await expect(credential.waitForNewer(2, 0)).resolves.toMatchObject({ version: 3 });
  });

  it('parks until the store has a newer version, even if the store was away for a moment', async () => {
    const secrets = store();
    const credential = await ManagedCredential.open('c', 'api-token', secrets.client);
    secrets.fail(new Error('away'));
    setTimeout(() => {
      secrets.fail(undefined);
      secrets.set(2);
    }, 150);

    await expect(credential.waitForNewer(1, 2_000)).resolves.toMatchObject({ version: 2, material: { token: 't2' } });
  });

  it('wakes at once when it is told', async () => {
    const secrets = store();
    const credential = await ManagedCredential.open('c', 'api-token', secrets.client);
    const waiting = credential.waitForNewer(1, 5_000);
    setTimeout(() => void credential.use(2), 10);

    await expect(waiting).resolves.toMatchObject({ version: 2 });
  });

  it('shares one re-read among all that wait', async () => {
    const secrets = store();
    const credential = await ManagedCredential.open('c', 'api-token', secrets.client);
    const before = secrets.reads();
    secrets.set(2);

    await Promise.all(Array.from({ length: 50 }, () => credential.waitForNewer(1, 1_000)));

    expect(secrets.reads() - before).toBe(1);
  });

  it('gives up in time with a typed error', async () => {
    const credential = await ManagedCredential.open('c', 'api-token', store().client);

    await expect(credential.waitForNewer(1, 50)).rejects.toMatchObject({ code: 'CLIENT_PARK_TIMEOUT' });
  });

  it('waits for a store that starts later, and no longer than it was told', async () => {
    const secrets = store();
    secrets.fail(new IncidentError('PROVIDER_UNAVAILABLE', { provider: 'secret store' }));
    setTimeout(() => secrets.fail(undefined), 150);

    await expect(ManagedCredential.open('c', 'api-token', secrets.client)).resolves.toMatchObject({
      held: { version: 1 },
    });
    secrets.fail(new IncidentError('PROVIDER_UNAVAILABLE', { provider: 'secret store' }));
    await expect(ManagedCredential.open('c', 'api-token', secrets.client, 50)).rejects.toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
    });
  });

  it('asks only once where it has no right to ask', async () => {
    const secrets = store();
    secrets.fail(new IncidentError('SECRET_ACCESS_DENIED', { credential: 'c' }));

    await expect(ManagedCredential.open('c', 'api-token', secrets.client)).rejects.toMatchObject({
      code: 'SECRET_ACCESS_DENIED',
    });
    expect(secrets.reads()).toBe(1);
  });

  it('refuses material of another kind', async () => {
    await expect(ManagedCredential.open('c', 'postgres', store().client)).rejects.toMatchObject({
      code: 'SECRET_NOT_FOUND',
    });
  });
});
