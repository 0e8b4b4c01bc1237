import { untilDone } from '../../../workers/sources/back-off';

test('tries until it works', async () => {
  const failures: number[] = [];
  let left = 2;
  const done = await untilDone(() => (left-- > 0 ? Promise.reject(new Error('away')) : Promise.resolve('done')), {
    signal: new AbortController().signal,
    onFailure: (_error, tries) => failures.push(tries),
  });

  expect(done).toBe('done');
  expect(failures).toEqual([1, 2]);
});

test('gives up when it is told to', async () => {
  const abort = new AbortController();
  const trying = untilDone(() => Promise.reject(new Error('away')), { signal: abort.signal });

  abort.abort();

  await expect(trying).rejects.toMatchObject({ name: 'AbortError' });
});
