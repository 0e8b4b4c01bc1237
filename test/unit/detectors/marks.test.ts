import fc from 'fast-check';
import { markOf } from '../../../detectors/marks';
import { hash48 } from '../../../detectors/hash48';

test('a mark fits where V8 keeps a number in place, and only no text has none', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const mark = markOf(text);
      expect(Number.isInteger(mark)).toBe(true);
      expect(mark).toBeLessThan(2 ** 31);
      expect(mark > 0).toBe(text !== '');
    }),
  );
});

test('many names have marks of their own', () => {
  const names = Array.from({ length: 20_000 }, (_, index) => `100.${index >> 8}.${index & 255}.0/24`);

  expect(new Set(names.map(markOf)).size).toBe(names.length);
});

test('snapshots hold marks, so one never changes', () => {
  expect(markOf('GET /v1/orders/*')).toBe(439_434_236);
  // What `sequence-rarity` kept of an action before there were marks.
  expect(markOf('GET /v1/orders/*') & 0xfffff).toBe(hash48('GET /v1/orders/*') & 0xfffff);
});
