import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase } from '../../activities/store/database';
import { createInTurn } from '../../activities/store/in-turn';
import { integrationStack } from '../support/integration-stack';

test('what carries one name is done one after the other, and a failure lets the next one go', async () => {
  const database = openDatabase(integrationStack().postgres.adminUrl, { applicationName: 'in-turn' });
  const inTurn = createInTurn(database);
  const seen: string[] = [];
  const work = (name: string) => async () => {
    seen.push(name);
    await delay(20);
    seen.push(name);
    if (name === 'first') throw new Error(name);
  };

  const both = await Promise.allSettled([inTurn('same', work('first')), inTurn('same', work('second'))]);
  await inTurn('outer', () => inTurn('inner', () => Promise.resolve()));

  expect(both.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  expect([seen[0], seen[2]]).toEqual([seen[1], seen[3]]);
  await database.end();
});
