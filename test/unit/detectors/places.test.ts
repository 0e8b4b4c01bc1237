import { agentFamily } from '../../../detectors/agent-family';
import { countryCircle } from '../../../detectors/geography/country-circles';
import { leastDistanceKm } from '../../../detectors/geography/distance';
import { networkKey } from '../../../detectors/network-key';
import { duration, forPerson } from '../../../detectors/person-text';
import { workstationAgent } from '../../../detectors/workstation-agents';

test.each([
  ['192.0.2.77', '192.0.2.0/24'],
  ['::ffff:192.0.2.77', '192.0.2.0/24'],
  ['2001:db8:12:34::1', '2001:db8:12::/48'],
  ['127.0.0.1', '127.0.0.1'],
  ['127.0.0.66', '127.0.0.66'],
  ['::1', '::1'],
  ['ec2.amazonaws.com', ''],
  ['', ''],
])('network of %s', (address, expected) => {
  expect(networkKey(address)).toBe(expected);
});

test.each([
  ['orders-api/1.4.2 (linux)', 'orders-api'],
  ['orders-api-2', 'orders-api'],
  ['[aws-cli/1.18 Python/3.8.5]', 'aws-cli'],
  ['console.ec2.amazonaws.com', 'aws-service'],
  ['EC2ConsoleFrontend, aws-internal/3', 'aws-service'],
  ['DBeaver 24.1.0 - Main <x>', 'dbeaver 24.1.0 - main <x>'],
  ['psql', 'psql'],
  ['k6/0.49.0', 'k6'],
  ['s3cmd/2.4.0', 's3cmd'],
  ['Boto3/1.34', 'boto'],
  ['1.2.3', ''],
  ['', ''],
])('family of the agent "%s"', (agent, expected) => {
  expect(agentFamily(agent)).toBe(expected);
});

test.each([
  ['DE', 'BR', 5_000, 9_000],
  ['DE', 'US', 1_500, 7_500],
  ['US', 'SG', 8_000, 15_000],
])('%s to %s is at least that far', (from, to, least, most) => {
  expect(leastDistanceKm(from, to)).toBeGreaterThan(least);
  expect(leastDistanceKm(to, from)).toBeLessThan(most);
});

test.each([
  ['DE', 'DE'],
  ['DE', 'AT'],
  ['CN', 'RU'],
  ['DE', 'ZZ'],
  ['', 'DE'],
])('%s to %s is no distance to speak of', (from, to) => {
  expect(leastDistanceKm(from, to)).toBe(0);
});

test('every country has a circle on the globe', () => {
  for (const code of ['US', 'GB', 'IN', 'SG', 'GF', 'XK', 'AD', 'ZW']) {
    const circle = countryCircle(code);
    expect(Math.abs(circle?.latitude ?? NaN)).toBeLessThanOrEqual(90);
    expect(Math.abs(circle?.longitude ?? NaN)).toBeLessThanOrEqual(180);
    expect(circle?.radiusKm).toBeGreaterThan(0);
  }
});

test.each([
  ['psql', true],
  ['DBeaver 24.1.0 - Main', true],
  ['PostmanRuntime/7.36', true],
  ['aws-cli/2.15.0 Python/3.11.6 Darwin/23.1.0', true],
  ['aws-cli/2.15.0 Python/3.11.6 Linux/5.15.133.1-microsoft-standard-WSL2', true],
  ['Boto3/1.26 Python/3.10 Linux/6.1 Kali/2023 Botocore/1.29 kali', true],
  ['aws-sdk-java/1.11.848 Linux/4.9.217', false],
  ['orders-api/1.0', false],
  ['python-requests/2.32', false],
  ['', false],
])('a person drives "%s": %s', (agent, expected) => {
  expect(workstationAgent(agent) !== undefined).toBe(expected);
});

test('text of a client is harmless to show', () => {
  expect(forPerson('[click](javascript:x) `x` <b>\u001b[31m')).toBe('clickjavascript:x x b31m');
  expect(forPerson('a'.repeat(100))).toHaveLength(40);
});

test.each([
  [0, '1 s'],
  [3_000, '3 s'],
  [-600_000, '10 min'],
  [18_000_000, '5 h'],
])('%d ms is %s', (milliseconds, expected) => {
  expect(duration(milliseconds)).toBe(expected);
});
