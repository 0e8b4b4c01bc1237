import { createSecretStores } from '../../../activities/store/secret-stores/secret-stores';
import { inTime } from '../../../activities/store/secret-stores/store-unavailable';
import { memorySecrets } from '../../support/memory-secrets';
import { findSecrets } from '../../support/secret-scan';

const refIn = (store: string) => ({ store, path: 'credentials/orders', version: 1 });

describe('the secret stores as one', () => {
  it('ask the store that a ref names, whatever the others hold', async () => {
    const [old, vault] = [memorySecrets(), memorySecrets()];
    const stores = createSecretStores(new Map([['postgres', old]]).set('vault', vault));

    const said = [await stores.putIfAbsent(refIn('postgres'), 'a'), await stores.putIfAbsent(refIn('vault'), 'b')];
    const read = [await stores.get(refIn('postgres')), await stores.get(refIn('vault'))];
    await stores.destroy(refIn('vault'));

    expect([said, read]).toEqual([
      ['stored', 'stored'],
      ['a', 'b'],
    ]);
    expect([old.stored(), vault.stored()]).toEqual([['a'], []]);
  });

  it('can not tell what is in one that is not configured any more: nothing is missing there', async () => {
    const stores = createSecretStores(new Map());
    const calls = [stores.putIfAbsent(refIn('vault'), 'b'), stores.get(refIn('vault')), stores.destroy(refIn('vault'))];

    for (const call of calls)
      await expect(call).rejects.toMatchObject({ code: 'SECRET_STORE_UNAVAILABLE', fields: { store: 'vault' } });
  });
});

describe('a call of a store', () => {
  afterEach(() => jest.useRealTimers());

  it('ends after five seconds, also when nothing can stop what it waits for', async () => {
    jest.useFakeTimers();
    const call = inTime('files', 'write', () => new Promise<never>(() => undefined));
    const ended = expect(call).rejects.toMatchObject({ code: 'SECRET_STORE_UNAVAILABLE' });

    await jest.advanceTimersByTimeAsync(5_000);

    await ended;
  });

  it('says the word of a failure, and nothing of its text', async () => {
    const error = Object.assign(new Error('canary'), { code: 'EACCES' });

    const thrown: unknown = await inTime('files', 'write', () => Promise.reject(error)).catch((one: unknown) => one);

    expect(thrown).toMatchObject({ code: 'SECRET_STORE_UNAVAILABLE', fields: { call: 'write', reply: 'EACCES' } });
    expect(findSecrets(thrown, ['canary'])).toEqual([]);
  });
});
