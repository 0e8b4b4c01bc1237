import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Database } from '../../../activities/store/database';
import { IncidentError } from '../../../domain/errors';
import { mustOpenSecretStores, openSecretStores } from '../../../workers/secret-stores';
import { readSettings } from '../../../workers/settings';
import { temporaryFolder } from '../../support/temporary-folder';

const CHANNELS = "[{ notifier: console, target: '' }]";
const AUDIENCES = `audiences: { engineering: ${CHANNELS}, security: ${CHANNELS}, product: ${CHANNELS} }\n`;
const folder = temporaryFolder();

function settingsOf(stores: string | undefined) {
  const file = path.join(folder.path, 'settings.yaml');
  writeFileSync(file, AUDIENCES + (stores === undefined ? '' : `secretStores: ${stores}\n`));
  return readSettings(file);
}

function faultsOf(stores: string): string {
  try {
    mustOpenSecretStores(settingsOf(stores));
  } catch (error) {
    if (error instanceof IncidentError && error.code === 'CONFIG_INVALID') return error.message;
    throw error;
  }
  return 'none';
}

const open = (stores: string | undefined) =>
  openSecretStores(settingsOf(stores), undefined as unknown as Database, Buffer.alloc(32)).known;

describe('the secret stores of the settings', () => {
  const vault = 'vault: { url: "https://vault.test:8200/", tokenFile: /token }';
  const kubernetes = 'kubernetes-secret: { url: "https://kubernetes.default.svc", namespace: a, tokenFile: /token }';

  it('are our own database by default, which is always one of them', () => {
    expect(open(undefined)).toEqual({ byDefault: 'postgres', all: ['postgres'] });
    expect(open(`{ ${vault} }`)).toEqual({ byDefault: 'postgres', all: ['postgres', 'vault'] });
  });

  it('can all be there, and new values go to the one that is named', () => {
    const others = 'aws-secrets-manager: { region: eu-central-1 }, files: { directory: /secrets }';

    expect(open(`{ default: files, ${vault}, ${kubernetes}, ${others} }`)).toEqual({
      byDefault: 'files',
      all: ['postgres', 'vault', 'aws-secrets-manager', 'kubernetes-secret', 'files'],
    });
  });

  it('have the usual places where nothing else is said', () => {
    expect(settingsOf(`{ ${vault} }`).secretStores.vault).toEqual({
      url: 'https://vault.test:8200',
      tokenFile: '/token',
      mount: 'secret',
      prefix: 'tourniquet',
    });
  });

  it.each([
    ['{ default: vault }', 'secretStores.default: names a store that is not configured here'],
    ['{ default: consul }', 'secretStores.default: '],
    [`{ ${vault.replace('https', 'http')} }`, 'secretStores.vault.url: is no https:// URL'],
    [`{ ${vault.replace('/token', 'token')} }`, 'secretStores.vault.tokenFile: is no absolute path'],
    [`{ ${vault.replace('tokenFile: /', 'token: ')} }`, 'unknown: token'],
    [`{ ${vault.replace(' }', ', prefix: a/../b }')} }`, 'secretStores.vault.prefix: is no path'],
    [`{ ${kubernetes.replace('namespace: a', 'namespace: a/b')} }`, 'secretStores.kubernetes-secret.namespace: '],
    ['{ files: { directory: secrets } }', 'secretStores.files.directory: is no absolute path'],
    ['{ aws-secrets-manager: { region: eu, key: "AKIA:verysecret" } }', 'unknown: key'],
  ])('are not taken as %s', (stores, fault) => {
    const faults = faultsOf(stores);

    expect(faults).toContain(fault);
    expect(faults).not.toContain('verysecret');
  });

  it('say at the start which of their files can not be read, and which directory is open to others', () => {
    const directory = path.join(folder.path, 'open');
    mkdirSync(directory);
    chmodSync(directory, 0o750);

    expect(faultsOf(`{ ${vault}, files: { directory: ${directory} } }`)).toMatch(
      /vault\.tokenFile: names no readable file.*files\.directory: is no directory that only this user may enter/,
    );
    chmodSync(directory, 0o700);
    expect(faultsOf(`{ files: { directory: ${directory} } }`)).toBe('none');
  });
});
