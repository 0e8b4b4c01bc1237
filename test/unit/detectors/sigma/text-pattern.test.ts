import fc from 'fast-check';
import { textPattern, type Anchor } from '../../../../detectors/sigma/text-pattern';

const ANCHORS: readonly Anchor[] = ['whole', 'contains', 'startswith', 'endswith'];

test.each([
  ['a*c', 'abbbc', true],
  ['a?c', 'abc', true],
  ['a?c', 'abbc', false],
  ['A*C', 'aXc', true],
  ['a\\*c', 'a*c', true],
  ['a\\*c', 'abc', false],
  ['C:\\dir', 'c:\\DIR', true],
  ['a\\\\*', 'a\\b', true],
  ['', '', true],
  ['', 'a', false],
])('%s against %s', (pattern, text, fits) => {
  expect(textPattern(pattern, 'whole')(text)).toBe(fits);
});

test('tells cases apart only where asked to', () => {
  expect(textPattern('Abc', 'contains')('xABCx')).toBe(true);
  expect(textPattern('Abc', 'contains', true)('xABCx')).toBe(false);
});

test('says what a regular expression of the same meaning says', () => {
  // One of the letters takes two units of JavaScript's texts.
  const letters = fc.stringMatching(/^[ab🔑*?]{0,8}$/u);
  fc.assert(
    fc.property(letters, fc.stringMatching(/^[ab🔑]{0,10}$/u), fc.constantFrom(...ANCHORS), (pattern, text, anchor) => {
      const body = pattern.replaceAll('*', '[^]*').replaceAll('?', '[^]');
      const open = { whole: ['', ''], contains: ['[^]*', '[^]*'], startswith: ['', '[^]*'], endswith: ['[^]*', ''] }[
        anchor
      ];
      expect(textPattern(pattern, anchor)(text)).toBe(new RegExp(`^${open[0]}${body}${open[1]}$`, 'u').test(text));
    }),
    { numRuns: 2_000 },
  );
});

test('a pattern of many wildcards against a long text takes no time', () => {
  const begin = Date.now();
  expect(textPattern('*a*a*a*a*a*a*a*b', 'contains')('a'.repeat(8_000))).toBe(false);
  expect(Date.now() - begin).toBeLessThan(1_000);
});
