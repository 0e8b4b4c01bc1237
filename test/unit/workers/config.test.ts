import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { parseConfig } from '../../../workers/config';
import { startGateway } from '../../../workers/gateway/start-gateway';

describe('configuration', () => {
  let directory: string;
  let file: string;

  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'tourniquet-config-'));
    file = path.join(directory, 'secret');
    writeFileSync(file, 'x');
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  it('gives a role what it needs and nothing else', () => {
    const config = parseConfig('api', {
      TOURNIQUET_DATABASE_URL_FILE: file,
      TOURNIQUET_SEALING_KEY_FILE: file,
      TOURNIQUET_FINGERPRINT_KEYS_FILE: file,
      TOURNIQUET_PAYLOAD_KEYS_FILE: file,
      TOURNIQUET_API_PORT: '9000',
      TOURNIQUET_AUDIT_KEY_FILE: file,
      TOURNIQUET_APPROVAL_KEY_FILE: file,
      TOURNIQUET_SETTINGS_FILE: file,
    });

    expect(config.TOURNIQUET_API_PORT).toBe(9000);
    expect(config).not.toHaveProperty('TOURNIQUET_AUDIT_KEY_FILE');
  });

  it('lists every fault at once and never falls back to a default for a value that was given', () => {
    const wrong = () =>
      parseConfig('api', {
        TOURNIQUET_API_PORT: 'eighty',
        TOURNIQUET_SEALING_KEY_FILE: '/nowhere',
        TOURNIQUET_TYPO: '1',
      });

    expect(wrong).toThrow(/CONFIG_INVALID/);
    expect(wrong).toThrow(
      /TOURNIQUET_TYPO: is no setting.*TOURNIQUET_DATABASE_URL_FILE: is missing.*TOURNIQUET_SEALING_KEY_FILE: names no readable file.*TOURNIQUET_API_PORT/s,
    );
  });

  it.each([
    ['TOURNIQUET_GATEWAY_PORT', ''],
    ['TOURNIQUET_GATEWAY_PORT', '65536'],
    ['TOURNIQUET_GATEWAY_PORT', '80.5'],
    ['TOURNIQUET_PARTITIONS', '0x10'],
    ['TOURNIQUET_PARTITIONS', '1e2'],
    ['TOURNIQUET_PARTITIONS', ' 4'],
    ['TOURNIQUET_PARTITIONS', '0'],
    ['TOURNIQUET_NATS_URL', 'not a url'],
    ['TOURNIQUET_NATS_URL', 'http://127.0.0.1:4222'],
    ['TOURNIQUET_NATS_URL', 'nats://'],
    ['TOURNIQUET_GATEWAY_UPSTREAM', 'file:///etc/passwd'],
  ])('does not take %s=%j', (name, value) => {
    expect(() => parseConfig('gateway', gatewayEnv({ [name]: value }))).toThrow(`${name}: is no`);
  });

  it.each(['', 'temporal', 'temporal:', ':7233', 'http://temporal:7233', 'temporal:99999', 'a b:1'])(
    'takes no Temporal address %j',
    (address) => {
      expect(() => parseConfig('cli', cliEnv(address))).toThrow('TOURNIQUET_TEMPORAL_ADDRESS: is not host:port');
    },
  );

  it.each(['127.0.0.1:7233', 'temporal.internal:7233', '[::1]:7233'])('takes the Temporal address %s', (address) => {
    expect(parseConfig('cli', cliEnv(address)).TOURNIQUET_TEMPORAL_ADDRESS).toBe(address);
  });

  it.each(['nats://127.0.0.1:4222', 'tls://nats.internal', 'nats://[::1]:4222'])('takes the NATS URL %s', (url) => {
    const config = parseConfig('gateway', gatewayEnv({ TOURNIQUET_NATS_URL: url, TOURNIQUET_PARTITIONS: '16' }));

    expect([config.TOURNIQUET_NATS_URL, config.TOURNIQUET_PARTITIONS]).toEqual([url, 16]);
    expect(config.TOURNIQUET_GATEWAY_PORT).toBe(8401);
  });

  it('gives a gateway what it needs to outlive NATS, and nobody else its key', () => {
    const more = {
      TOURNIQUET_GATEWAY_SNAPSHOT_FILE: '/var/lib/tourniquet/denylist.json',
      TOURNIQUET_GATEWAY_FALLBACK_URL: 'http://127.0.0.1:8402',
      TOURNIQUET_GATEWAY_FALLBACK_KEY_FILE: file,
    };

    expect(parseConfig('gateway', gatewayEnv(more))).toMatchObject(more);
    expect(parseConfig('cli', { ...cliEnv('127.0.0.1:7233'), ...more })).not.toHaveProperty(
      'TOURNIQUET_GATEWAY_FALLBACK_KEY_FILE',
    );
    expect(() => parseConfig('gateway', gatewayEnv({ TOURNIQUET_GATEWAY_FALLBACK_KEY_FILE: '/nowhere' }))).toThrow(
      'TOURNIQUET_GATEWAY_FALLBACK_KEY_FILE: names no readable file',
    );
  });

  it.each(['TOURNIQUET_GATEWAY_FALLBACK_URL', 'TOURNIQUET_GATEWAY_FALLBACK_KEY_FILE'])(
    'does not take a fallback of which only %s is there',
    async (name) => {
      const settings = path.join(directory, 'settings.yaml');
      const keys = path.join(directory, 'fingerprint.keys');
      const channel = '[{ notifier: console, target: "" }]';
      writeFileSync(settings, `audiences: { engineering: ${channel}, security: ${channel}, product: ${channel} }`);
      writeFileSync(keys, `k1 ${Buffer.alloc(32).toString('base64')}`);
      const half = name.endsWith('URL') ? 'http://127.0.0.1:1' : file;
      const env = gatewayEnv({
        TOURNIQUET_SETTINGS_FILE: settings,
        TOURNIQUET_FINGERPRINT_KEYS_FILE: keys,
        [name]: half,
      });

      const started = startGateway(parseConfig('gateway', env), pino({ level: 'silent' }));

      await expect(started).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        fields: { faults: [expect.stringContaining('one of the two is missing')] },
      });
    },
  );

  it('starts nothing that speaks with Temporal without the payload keys', () => {
    for (const role of ['dispatcher', 'response', 'api', 'cli', 'codec'] as const)
      expect(() => parseConfig(role, {})).toThrow('TOURNIQUET_PAYLOAD_KEYS_FILE: is missing');
  });

  it('listens on loopback unless an address is named', () => {
    expect(parseConfig('gateway', gatewayEnv({})).TOURNIQUET_LISTEN_HOST).toBe('127.0.0.1');
    expect(() => parseConfig('gateway', gatewayEnv({ TOURNIQUET_LISTEN_HOST: '*' }))).toThrow('is no IP address');
  });

  function gatewayEnv(more: Record<string, string>): Record<string, string> {
    return {
      TOURNIQUET_DATABASE_URL_FILE: file,
      TOURNIQUET_FINGERPRINT_KEYS_FILE: file,
      TOURNIQUET_SETTINGS_FILE: file,
      ...more,
    };
  }

  function cliEnv(address: string): Record<string, string> {
    return {
      TOURNIQUET_DATABASE_URL_FILE: file,
      TOURNIQUET_AUDIT_KEY_FILE: file,
      TOURNIQUET_PAYLOAD_KEYS_FILE: file,
      TOURNIQUET_TEMPORAL_ADDRESS: address,
    };
  }
});
