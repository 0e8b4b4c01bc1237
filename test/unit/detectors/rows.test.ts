import fc from 'fast-check';
import { freshNumbers, numbersOf, placeRows, storedRows, takeInHand } from '../../../detectors/rows';
import { newSubjectInHand } from './folding';

const rows = placeRows('test', { first: [1, 2], none: [], last: [3] });
const NAMES = ['first', 'none', 'last'] as const;

test('a row reads and writes its own numbers, and no others', () => {
  newSubjectInHand();
  rows.first.set(1, 7);
  rows.last.add(0, 4);

  expect(NAMES.map((name) => rows[name].toArray())).toEqual([[1, 7], [], [7]]);
  expect(rows.first.get(2)).toBe(0);
  expect(rows.none.get(0)).toBe(0);
  expect(() => {
    rows.first.set(2, 1);
  }).toThrow(RangeError);
  for (const index of [-1, NaN])
    expect(() => {
      rows.last.set(index, 1);
    }).toThrow(RangeError);
  expect(NAMES.map((name) => rows[name].toArray())).toEqual([[1, 7], [], [7]]);
});

test('looks for a value among every so many numbers', () => {
  newSubjectInHand();
  rows.none.replace([5, 6, 6, 5]);

  expect(rows.none.indexOf(6)).toBe(1);
  expect(rows.none.indexOf(6, 2)).toBe(2);
  expect(rows.none.indexOf(5, 1, 1)).toBe(3);
  expect(rows.none.indexOf(3)).toBe(-1);
});

test('each subject has its own, and one never seen begins with the initial ones', () => {
  const [one, other] = [{ numbers: freshNumbers() }, { numbers: freshNumbers() }];
  takeInHand(one);
  rows.none.replace([9]);
  takeInHand(other);
  expect(rows.none.toArray()).toEqual([]);
  takeInHand(one);
  expect(rows.none.toArray()).toEqual([9]);
});

test('whatever is written, rows stay apart, and are the same after they were stored', () => {
  const values = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 12 });
  const write = fc.tuple(fc.constantFrom(...NAMES), values);
  fc.assert(
    fc.property(fc.array(write, { maxLength: 20 }), (writes) => {
      const subject = newSubjectInHand();
      const expected: Record<string, readonly number[]> = { first: [1, 2], none: [], last: [3] };
      for (const [name, numbers] of writes) {
        rows[name].replace(numbers);
        expected[name] = numbers;
      }

      expect(Object.fromEntries(NAMES.map((name) => [name, rows[name].toArray()]))).toEqual(expected);
      const stored = JSON.parse(JSON.stringify(storedRows(subject.numbers))) as ReturnType<typeof storedRows>;
      // JSON knows no negative zero, and nobody asks for its sign.
      expect(numbersOf(stored).map((number) => number + 0)).toEqual(subject.numbers.map((number) => number + 0));
    }),
  );
});

test('what was stored by others is read by name: what is not there begins anew, what nobody keeps is left out', () => {
  const numbers = numbersOf({ test: { last: [4], gone: [1] }, another: { first: [1] } });

  expect(storedRows(numbers)).toEqual({ test: { last: [4] } });
});

test.each([['x'], [null], 'x', null])('rows of a detector begin anew together where one is %p', (row) => {
  expect(storedRows(numbersOf({ test: { last: [4], first: row } }))).toEqual({});
});

test('a detector that is defined later has its rows in what was there before', () => {
  const subject = { numbers: freshNumbers() };
  takeInHand(subject);
  rows.last.set(0, 8);
  const { late } = placeRows('later', { late: [5] });

  takeInHand(subject);

  expect(late.toArray()).toEqual([5]);
  expect(rows.last.toArray()).toEqual([8]);
});
