import { CAPABILITIES } from '../../../activities/providers/capabilities';
import { providersCommand } from '../../../cli/commands/providers';
import { outputOf } from '../../support/output-of';

const output = (...args: string[]) => outputOf(providersCommand(), ...args);

describe('tourniquet providers', () => {
  it('gives a program every capability of every provider', async () => {
    const shown = JSON.parse(await output('--json')) as unknown;

    expect(shown).toEqual(Object.entries(CAPABILITIES).map(([id, can]) => ({ id, ...can })));
  });

  it('gives a person a row for each question, with an answer of each provider', async () => {
    const lines = (await output()).split('\n');
    const row = (question: string): readonly string[] =>
      (lines.find((line) => line.includes(question)) ?? '').split('│').map((cell) => cell.trim());

    const ids = Object.keys(CAPABILITIES);
    const answer = (question: string, id: string) => row(question)[2 + ids.indexOf(id)];

    expect(row('postgres-role')).toEqual(['', '', ...ids, '']);
    expect(answer('old and new at once', 'postgres-role')).toBe('yes, as two principals');
    expect(answer('old and new at once', 'redis-acl')).toBe('yes, as two values of one');
    expect(answer('dead after a revoke', 'redis-acl')).toBe('at once');
    expect(answer('dead after a revoke', 'api-token')).toBe('within 1000 ms');
    for (const question of ['quarantine there', 'ends live sessions', 'tokens made from it', 'last use', 'who makes'])
      expect(
        row(question)
          .slice(2, -1)
          .filter((cell) => cell === ''),
      ).toEqual([]);
  });

  it('tells what else happens there, and which rights our admin needs', async () => {
    const text = await output();

    for (const can of Object.values(CAPABILITIES)) {
      for (const effect of can?.sideEffects ?? []) expect(text).toContain(`besides: ${effect}`);
      expect(text).toContain(`needs:   ${can?.permissions.join(', ')}`);
    }
  });
});
