import fc from 'fast-check';
import { LineSplitter } from '../../../workers/sources/line-splitter';

test('cuts any bytes, in any pieces, into the lines they hold, with their places', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), fc.array(fc.integer({ min: 1, max: 9 })), (texts, sizes) => {
      const lines = texts.map((text) => text.replaceAll('\n', ' '));
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join('') + 'unfinished');
      const splitter = new LineSplitter(100);
      const found = [];
      for (let from = 0, turn = 0; from < bytes.length; turn++) {
        const size = sizes[turn % Math.max(1, sizes.length)] ?? bytes.length;
        found.push(...splitter.push(bytes.subarray(from, from + size)));
        from += size;
      }

      expect(found.map(({ text }) => text)).toEqual(lines.map((line) => Buffer.from(line).toString('utf8')));
      for (const { text, start, end } of found) {
        expect(bytes.toString('utf8', start - 100, end - 100)).toBe(`${text}\n`);
      }
      expect(splitter.end).toBe(100 + bytes.length);
    }),
  );
});

test('a line longer than any log has is skipped, and the next is whole', () => {
  const splitter = new LineSplitter(0);
  const long = Buffer.alloc(700_000, 'x');

  const found = [...splitter.push(long), ...splitter.push(long), ...splitter.push(Buffer.from('end\nnext\n'))];

  expect(found).toEqual([
    { text: '', start: 0, end: 1_400_004 },
    { text: 'next', start: 1_400_004, end: 1_400_009 },
  ]);
});
