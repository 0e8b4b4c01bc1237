import { createValueIndex } from '../../../api/value-index';
import { IncidentError } from '../../../domain/errors';
import { memorySecrets } from '../../support/memory-secrets';
import { sampleCredential, sampleVersion } from '../../support/sample-credential';

const version = sampleVersion();

async function hashed(value: string): Promise<string> {
  return Promise.resolve(`hash of ${value}`);
}

async function indexOf({
  fault,
  hashOf = hashed,
}: { readonly fault?: IncidentError; readonly hashOf?: (value: string) => Promise<string> } = {}) {
  const secrets = memorySecrets();
  await secrets.putIfAbsent(version.secret, JSON.stringify({ kind: 'api-token', token: 'ours' }));
  let looks = 0;
  const index = createValueIndex({
    inventory: {
      credentials: () => Promise.resolve([sampleCredential()]),
      versions: () => Promise.resolve([version]),
      version: () => Promise.resolve(version),
    },
    secrets: {
      get: (ref) => {
        looks += 1;
        return fault ? Promise.reject(fault) : secrets.get(ref);
      },
    },
    hashOf,
  });
  return { index, looks: () => looks };
}

it('finds a version by the hash of its value, and reads each value once', async () => {
  const { index, looks } = await indexOf();

  const found = await Promise.all(['ours', 'theirs', 'others'].map((value) => index.find(`hash of ${value}`)));

  expect(found).toEqual([[version], [], []]);
  expect(looks()).toBe(1);
});

it('calls nothing unknown while a value can not be read; one that is not there is none', async () => {
  const away = await indexOf({ fault: new IncidentError('SECRET_STORE_UNAVAILABLE', { store: 'vault' }) });
  const gone = await indexOf({ fault: new IncidentError('SECRET_NOT_FOUND', {}) });

  await expect(away.index.find('hash of ours')).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
  expect(await gone.index.find('hash of ours')).toEqual([]);
});

it('hashes a value again that could not be hashed', async () => {
  const hashOf = jest.fn(hashed).mockRejectedValueOnce(new Error('no memory'));
  const { index } = await indexOf({ hashOf });

  await expect(index.find('hash of ours')).rejects.toThrow('no memory');
  expect(await index.find('hash of ours')).toEqual([version]);
});
