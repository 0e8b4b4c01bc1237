import { sampleUse } from '../../../detectors/sample-life';
import { createLocator } from '../../../workers/detection/locator';

const locate = createLocator();
const at = (address: string) => locate(sampleUse({ afterMs: 0, address }));

test('knows the country of a public address, written either way', () => {
  const place = at('88.198.1.1');

  expect(place).toEqual({ network: '88.198.1.0/24', country: 'DE' });
  expect(at('::ffff:88.198.1.1')).toEqual(place);
});

test.each(['10.1.2.3', '127.0.0.1', '192.0.2.1'])('has no country for %s', (address) => {
  expect(at(address).country).toBe('');
  expect(at(address).network).not.toBe('');
});

test.each(['', 'ec2.amazonaws.com', '***', '999.1.1.1'])('is nowhere with "%s"', (address) => {
  expect(at(address)).toEqual({ network: '', country: '' });
});
