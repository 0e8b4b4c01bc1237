import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sampleUse } from '../../../detectors/sample-life';
import { markOf } from '../../../detectors/marks';
import { createLocator } from '../../../workers/detection/locator';
import { mmdbOf } from '../../support/mmdb';
import { temporaryFolder } from '../../support/temporary-folder';

const locate = createLocator();
const at = (address: string) => locate(sampleUse({ afterMs: 0, address }));

test('knows the country and the operator of a public address, written either way', () => {
  const place = at('88.198.1.1');

  expect(place).toEqual({
    network: '88.198.1.0/24',
    country: 'DE',
    asn: 24940,
    networkMark: markOf('88.198.1.0/24'),
    addressMark: markOf('88.198.1.1'),
    countryMark: markOf('DE'),
  });
  for (const other of ['::ffff:88.198.1.1', '0:0:0:0:0:ffff:88.198.1.1', '::FFFF:58c6:101'])
    expect(at(other)).toEqual(place);
});

test.each(['10.1.2.3', '127.0.0.1', '192.0.2.1'])('has no country for %s', (address) => {
  expect(at(address).country).toBe('');
  expect(at(address).network).not.toBe('');
});

test.each([
  ['8.8.8.8', 15169],
  ['1.1.1.1', 13335],
  ['2001:4860:4860::8888', 15169],
  ['2a01:4f8::1', 24940],
  ['10.1.2.3', 0],
  ['192.0.2.1', 0],
  ['2001:db8::1', 0],
  ['255.255.255.255', 0],
])('knows who routes %s', (address, asn) => {
  expect(at(address).asn).toBe(asn);
});

test.each(['', 'ec2.amazonaws.com', '***', '999.1.1.1', '10', '0x7f.1', '010.0.0.1'])(
  'is nowhere with "%s"',
  (address) => {
    expect(at(address)).toEqual({ network: '', country: '' });
  },
);

describe('a database of one’s own', () => {
  const folder = temporaryFolder();

  function locatorOf(name: string, content: Buffer | string) {
    const file = join(folder.path, name);
    writeFileSync(file, content);
    const locate = createLocator(file, () => 0);
    return (address: string) => locate(sampleUse({ afterMs: 0, address })).country;
  }

  test.each([
    ['MaxMind', { country: { iso_code: 'SE' } }],
    ['IPinfo', { country: 'SE' }],
    ['IPtoASN', { country_code: 'SE' }],
  ])('is read as %s writes it', (name, record) => {
    const countryOf = locatorOf(name, mmdbOf(record, {}));

    expect([countryOf('8.8.8.8'), countryOf('203.0.113.9'), countryOf('2001:db8::1')]).toEqual(['SE', '', '']);
  });

  test.each([
    ['no database', 'MaxMind.com'],
    ['a database of something else', mmdbOf({ autonomous_system_number: 3320 }, { country: 'Sweden' })],
  ])('is refused when it is %s', (_what, content) => {
    expect(() => locatorOf('none', content)).toThrow(/CONFIG_INVALID.*none: is no/);
  });
});
