import { setTimeout as delay } from 'node:timers/promises';
import { Queue } from '../../../domain/queue';

it('runs one after the other, in the order of the calls, whatever becomes of those before', async () => {
  const queue = new Queue();
  const seen: string[] = [];
  const work = (name: string, ms: number) => async () => {
    seen.push(`${name} begins`);
    await delay(ms);
    seen.push(`${name} ends`);
    return name;
  };

  const answers = await Promise.allSettled([
    queue.run(work('a slow one', 20)),
    queue.run(() => Promise.reject(new Error('fails'))),
    queue.run(() => {
      throw new Error('fails at once');
    }),
    queue.run(work('a quick one', 0)),
  ]);

  expect(answers).toMatchObject([
    { value: 'a slow one' },
    { reason: { message: 'fails' } },
    { reason: { message: 'fails at once' } },
    { value: 'a quick one' },
  ]);
  expect(seen).toEqual(['a slow one begins', 'a slow one ends', 'a quick one begins', 'a quick one ends']);
});
