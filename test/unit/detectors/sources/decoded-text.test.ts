import fc from 'fast-check';
import { decodedText } from '../../../../detectors/sources/decoded-text';

test.each([
  ['a%20b+c', 'a b c'],
  ['%2527', "'"],
  ['&lt;script&gt;', '<script>'],
  ['100%', '100%'],
  ['%zz%2', '%zz%2'],
])('%s', (text, expected) => {
  expect(decodedText(text)).toBe(expected);
});

test('plain text stays as it is, and nothing makes it throw', () => {
  fc.assert(fc.property(fc.stringMatching(/^[\w /?=.-]*$/), (text) => expect(decodedText(text)).toBe(text)));
  fc.assert(fc.property(fc.string(), (text) => void decodedText(text)));
});
