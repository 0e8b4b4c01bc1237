import fc from 'fast-check';
import { Utf8Text } from '../../../domain/utf8-text';

test('holds what was appended since it was cleared, of whatever length', () => {
  const text = new Utf8Text();
  const piece = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.nat(100_000).map((length) => 'é'.repeat(length)),
  );

  fc.assert(
    fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
      text.clear();
      for (const piece of pieces) text.append(piece);
      expect(text.toString()).toBe(pieces.join(''));
      expect(text.length).toBe(Buffer.byteLength(pieces.join('')));
      expect(text.bytes.equals(Buffer.from(pieces.join('')))).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('keeps no memory of a text that was far longer than others', () => {
  const text = new Utf8Text();
  text.append('a'.repeat(9_000_000));
  text.clear();
  text.append('b');

  expect(text.toString()).toBe('b');
  expect(text.bytes.buffer.byteLength).toBeLessThan(1_000_000);
});
