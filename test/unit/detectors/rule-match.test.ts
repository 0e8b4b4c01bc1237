import { ruleMatch } from '../../../detectors/rule-match';
import { SAMPLE_PLACES, SAMPLE_START, sampleUse } from '../../../detectors/sample-life';
import { foldAll } from './folding';

test('a title comes from whoever reports the event: it can not forge a line of what people read', () => {
  const rules = [{ id: 'r', title: 'x](http://198.51.100.1)\n# Closed', level: 'high' as const }];

  const { messages } = foldAll([{ ...sampleUse({ afterMs: 0 }), rules }], SAMPLE_PLACES, [ruleMatch]);

  expect(messages).toHaveLength(1);
  expect(messages[0]?.detection.reason).toMatch(/: xhttp:\/\/198\.51\.100\.1 Closed$/);
});

test('what is counted of many rules together is bounded, and each rule counts its own things', () => {
  const uses = Array.from({ length: 900 }, (_, index) => ({
    ...sampleUse({ afterMs: index * 100 }),
    rules: ['a', 'b'].map((id) => ({
      id,
      title: id,
      level: 'informational' as const,
      burst: 50,
      objects: [`object-${id === 'a' ? index : index % 45}`],
    })),
  }));

  const { messages, state } = foldAll(uses, SAMPLE_PLACES, [ruleMatch]);

  expect(messages.map(({ detection }) => detection.reason)).toEqual([
    expect.stringMatching(/: a, at least 50 different ones within 5 min$/),
  ]);
  const [subject] = [...state.subjects.values()];
  expect(subject?.numbers.length).toBeLessThan(3 * 400 + 100);
});

test('a rule that was a habit is told again after a month of use without it, and not after a month of sleep', () => {
  const rules = [{ id: 'r', title: 'T', level: 'high' as const }];
  const on = (days: readonly number[]) => days.map((day) => sampleUse({ afterMs: day * 86_400_000 }));
  const matching = (days: readonly number[]) => on(days).map((use) => ({ ...use, rules }));
  const daily = Array.from({ length: 40 }, (_, index) => 4 + index);
  const toldOn = (uses: ReturnType<typeof on>) =>
    foldAll(uses, SAMPLE_PLACES, [ruleMatch]).messages.map(({ detection }) =>
      Math.round((detection.at - SAMPLE_START) / 86_400_000),
    );

  const habit = matching([0, 1, 2, 3]);
  expect(toldOn([...habit, ...on(daily), ...matching([44])])).toEqual([0, 1, 2, 44]);
  expect(toldOn([...habit, ...matching([44])])).toEqual([0, 1, 2]);
});
