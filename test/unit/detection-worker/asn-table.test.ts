import { readFileSync } from 'node:fs';
import { openAsnTable } from '../../../workers/detection/asn-table';

const systemOf = openAsnTable();

/** One line of some hundred, as the package writes them. */
function someOf(file: string): readonly (readonly string[])[] {
  const lines = readFileSync(require.resolve(`@ip-location-db/asn/${file}`), 'utf8').split('\n');
  // Of IPv6, ranges within the first 64 bits.
  const whole = lines.filter((line) => /^[\d.]+,|::,/.test(line));
  return whole.filter((_, index) => index % 997 === 0).map((line) => line.split(','));
}

test.each(['asn-ipv4.csv', 'asn-ipv6.csv'])('says of both ends of each range what %s says', (file) => {
  const some = someOf(file);

  const found = some.map(([from = '', to = '']) => [systemOf(from), systemOf(to)]);

  expect(some.length).toBeGreaterThan(100);
  expect(found).toEqual(some.map(([, , asn]) => [Number(asn), Number(asn)]));
});
