import { setImmediate as afterOthers } from 'node:timers/promises';
import { MOST_MOVING, MOST_STUCK, Outbox } from '../../../workers/detection/outbox';
import type { Prepared } from '../../../workers/detection/publish-detection';

let stop: AbortController;
let outbox: Outbox;
/** Answers for what is being stored: one at most. */
let answers: (() => void)[];
let stored: string[];

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate'] });
  [stop, answers, stored] = [new AbortController(), [], []];
  outbox = new Outbox(
    ({ message }, signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
        answers.push(() => {
          stored.push(message.detection.id);
          resolve();
        });
      }),
    stop.signal,
  );
});

afterEach(() => {
  outbox.giveUp();
  jest.useRealTimers();
});

function put(...names: readonly string[]): void {
  for (const name of names) {
    const prepared = { message: { detection: { id: name } }, hold: Promise.resolve(undefined) };
    outbox.put(prepared as Prepared, [`of ${name}`]);
  }
}

const putMany = (count: number) => put(...Array.from({ length: count }, (_, index) => String(index)));

async function answer(count: number): Promise<void> {
  for (let answered = 0; answered < count; answered++) {
    await afterOthers();
    answers.shift()?.();
  }
  await afterOthers();
}

/** What has become of a promise by now. */
async function stateOf(promise: Promise<unknown>): Promise<unknown> {
  const settled = promise.catch((error: unknown) => (error as Error).name);
  return Promise.race([settled, afterOthers('waits')]);
}

test('one after the other is stored, in their order', async () => {
  put('a', 'b', 'c');
  await afterOthers();

  expect(answers).toHaveLength(1);
  await answer(3);
  expect([stored, outbox.concerned.size]).toEqual([['a', 'b', 'c'], 0]);
});

test('who waits for all so far does not wait for what comes after', async () => {
  put('a', 'b');
  const all = outbox.storedSoFar();
  put('c');

  await answer(1);
  expect(await stateOf(all)).toBe('waits');
  await answer(1);
  expect(await stateOf(all)).toBe(true);
  expect([...outbox.concerned]).toEqual(['of c']);
});

test('a slow stream is waited for as long as it takes some; one that takes none is not', async () => {
  put('a', 'b', 'c');
  const all = outbox.storedSoFar();

  for (let turn = 0; turn < 2; turn++) {
    await jest.advanceTimersByTimeAsync(4_000);
    await answer(1);
  }
  expect(await stateOf(all)).toBe('waits');
  await jest.advanceTimersByTimeAsync(5_000);

  expect(await all).toBe(false);
  await answer(1);
  expect(await outbox.storedSoFar()).toBe(true);
});

test('there is room for so many, and for more while the stream takes none', async () => {
  putMany(MOST_MOVING - 1);
  expect(await stateOf(outbox.room())).toBeUndefined();
  putMany(1);
  const room = outbox.room();
  await afterOthers();
  expect(await stateOf(room)).toBe('waits');
  await answer(1);
  expect(await stateOf(room)).toBeUndefined();

  putMany(1);
  const stuck = outbox.room();
  await afterOthers();
  await jest.advanceTimersByTimeAsync(1_000);
  expect(await stateOf(stuck)).toBeUndefined();
  putMany(MOST_STUCK - MOST_MOVING);
  const full = outbox.room();
  await afterOthers();
  await jest.advanceTimersByTimeAsync(10_000);
  expect(await stateOf(full)).toBe('waits');

  await answer(1);
  expect(await stateOf(full)).toBeUndefined();
});

test('a stop ends the waiting for room at once, and what waits to be stored has a second more', async () => {
  putMany(MOST_MOVING);
  const [room, all] = [outbox.room(), outbox.storedSoFar()];
  await afterOthers();

  stop.abort();
  expect([await stateOf(room), await stateOf(all)]).toEqual(['AbortError', 'waits']);
  await answer(10);
  await jest.advanceTimersByTimeAsync(1_000);

  expect([stored.length, await stateOf(all)]).toEqual([10, false]);
});

test('what was given up is stored no more, and who waits is told', async () => {
  put('a', 'b');
  const all = outbox.storedSoFar();

  outbox.giveUp();

  expect(await stateOf(all)).toBe(false);
  await answer(2);
  expect(answers).toEqual([]);
});
