import fc from 'fast-check';
import { BulkRevocations, MOST_CALLS_AN_HOUR, MOST_TOKENS } from '../../../activities/providers/bulk-revocations';
import type { HttpAnswer } from '../../../activities/providers/http-send';

const HOUR_MS = 3_600_000;
const TAKEN: HttpAnswer = { status: 202, body: undefined, retryAfterMs: undefined, isPage: false };

beforeEach(() => jest.useFakeTimers({ now: 0 }));
afterEach(() => jest.useRealTimers());

/** A GitHub that takes everything, or answers as it is told. */
function github(answer: () => HttpAnswer | undefined = () => TAKEN) {
  const calls: { readonly at: number; readonly tokens: readonly string[] }[] = [];
  const bulk = new BulkRevocations({
    account: 'github',
    send(tokens) {
      calls.push({ at: Date.now(), tokens });
      return Promise.resolve(answer());
    },
  });
  return { bulk, calls };
}

/** As Temporal does: what is unavailable is tried again, when it says. */
async function untilRevoked(bulk: BulkRevocations, token: string): Promise<void> {
  for (;;) {
    try {
      return await bulk.revoke(token, new AbortController().signal);
    } catch (error) {
      const { retryAfterMs = 1_000 } = (error as { fields: { retryAfterMs?: number } }).fields;
      await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
    }
  }
}

/** The same until GitHub says for certain that it will not. */
async function untilRefused(bulk: BulkRevocations, token: string): Promise<void> {
  for (;;) {
    try {
      return await bulk.revoke(token, new AbortController().signal);
    } catch (error) {
      if ((error as { code: string }).code === 'PROVIDER_REFUSED') throw error;
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}

const failure = (revoked: Promise<void>) =>
  revoked.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('revocations of GitHub', () => {
  it('whenever they come, every token goes, and no hour has more calls and no call more tokens than GitHub takes', async () => {
    const floods = fc.array(fc.record({ after: fc.nat(600_000), tokens: fc.integer({ min: 1, max: 2_500 }) }), {
      minLength: 1,
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(floods, async (given) => {
        const { bulk, calls } = github();
        const done: Promise<void>[] = [];
        for (const [index, { after, tokens }] of given.entries()) {
          await jest.advanceTimersByTimeAsync(after);
          for (let n = 0; n < tokens; n++) done.push(untilRevoked(bulk, `${index}/${n}`));
        }
        await jest.advanceTimersByTimeAsync(3 * HOUR_MS);
        await Promise.all(done);

        const sent = calls.flatMap(({ tokens }) => tokens);
        expect(new Set(sent).size).toBe(sent.length);
        expect(sent.length).toBe(given.reduce((sum, { tokens }) => sum + tokens, 0));
        for (const [index, { at, tokens }] of calls.entries()) {
          expect(tokens.length).toBeLessThanOrEqual(MOST_TOKENS);
          expect(calls.slice(index).filter((one) => one.at - at < HOUR_MS).length).toBeLessThanOrEqual(
            MOST_CALLS_AN_HOUR,
          );
        }
      }),
      { numRuns: 20 },
    );
  });

  it('a single one goes at once', async () => {
    const { bulk, calls } = github();
    const revoked = bulk.revoke('one', new AbortController().signal);

    await jest.advanceTimersByTimeAsync(200);

    await revoked;
    expect(calls.map(({ tokens }) => tokens)).toEqual([['one']]);
  });

  it('one whose attempt is over is not sent', async () => {
    const { bulk, calls } = github();
    const over = new AbortController();
    const revoked = failure(bulk.revoke('one', over.signal));

    over.abort();
    await jest.advanceTimersByTimeAsync(HOUR_MS);

    expect([await revoked, calls]).toEqual([expect.objectContaining({ code: 'PROVIDER_UNAVAILABLE' }), []]);
  });

  it.each([
    [403, 'PROVIDER_UNAVAILABLE', 60_000],
    [429, 'PROVIDER_UNAVAILABLE', 60_000],
    [500, 'PROVIDER_UNAVAILABLE', undefined],
    [422, 'PROVIDER_REFUSED', undefined],
  ])('a call that is answered %i is %s', async (status, code, retryAfterMs) => {
    const { bulk } = github(() => ({ status, body: undefined, retryAfterMs: 60_000, isPage: false }));
    const revoked = failure(bulk.revoke('one', new AbortController().signal));

    await jest.advanceTimersByTimeAsync(200);

    expect(await revoked).toMatchObject({ code, fields: { status, ...(retryAfterMs ? { retryAfterMs } : {}) } });
  });

  it.each([200, 302, 404, 407])('a page with status %i is a network’s, and no word of GitHub', async (status) => {
    const { bulk } = github(() => ({ status, body: undefined, retryAfterMs: undefined, isPage: true }));
    const revoked = failure(bulk.revoke('one', new AbortController().signal));

    await jest.advanceTimersByTimeAsync(200);

    expect(await revoked).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
  });

  it('after GitHub has said to wait nobody asks before that', async () => {
    let limited = true;
    const { bulk, calls } = github(() =>
      limited ? { status: 429, body: undefined, retryAfterMs: 60_000, isPage: false } : TAKEN,
    );
    const first = failure(bulk.revoke('one', new AbortController().signal));
    await jest.advanceTimersByTimeAsync(200);
    await first;
    limited = false;

    const second = await failure(bulk.revoke('two', new AbortController().signal));

    expect([second, calls.length]).toEqual([expect.objectContaining({ code: 'PROVIDER_UNAVAILABLE' }), 1]);
  });

  it('one token that GitHub can not read keeps no other from being revoked', async () => {
    const calls: (readonly string[])[] = [];
    const bulk = new BulkRevocations({
      account: 'github',
      send(tokens) {
        calls.push(tokens);
        return Promise.resolve(tokens.includes('bad') ? { ...TAKEN, status: 422 } : TAKEN);
      },
    });
    const names = ['bad', ...Array.from({ length: 7 }, (_, index) => `good-${index}`)];
    const results = Promise.allSettled(
      names.map((token) =>
        token === 'bad'
          ? failure(untilRefused(bulk, token)).then((error) => Promise.reject(error as Error))
          : untilRevoked(bulk, token),
      ),
    );

    await jest.advanceTimersByTimeAsync(HOUR_MS);

    const [bad, ...others] = await results;
    expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'PROVIDER_REFUSED' } });
    expect(others.map(({ status }) => status)).toEqual(Array(7).fill('fulfilled'));
  });

  it('a clock that is set back stops nothing', async () => {
    jest.setSystemTime(10 * HOUR_MS);
    const { bulk, calls } = github();
    jest.setSystemTime(9 * HOUR_MS);
    const revoked = bulk.revoke('one', new AbortController().signal);

    await jest.advanceTimersByTimeAsync(200);

    await revoked;
    expect(calls.length).toBe(1);
  });
});
