import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseConfig } from '../../../workers/config';

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
      TOURNIQUET_API_PORT: '9000',
      TOURNIQUET_AUDIT_KEY_FILE: file,
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
});
