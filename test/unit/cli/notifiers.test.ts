import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { notifiersCommand } from '../../../cli/commands/notifiers';
import type { SettingsFile } from '../../../workers/settings';
import { startNoticeReceiver } from '../../support/notice-receiver';
import { outputOf } from '../../support/output-of';
import { temporaryFolder } from '../../support/temporary-folder';

const LOG = [{ notifier: 'console', target: '' }];
const TOKEN = 'canary-token';
const folder = temporaryFolder();

function fileOf(name: string, content: string): string {
  const path = join(folder.path, name);
  writeFileSync(path, content);
  return path;
}

function settingsFile(more: Partial<SettingsFile> = {}): string {
  const settings: SettingsFile = { audiences: { engineering: LOG, security: LOG, product: LOG }, ...more };
  return fileOf('settings.yaml', stringify(settings));
}

const run = (...args: string[]) => outputOf(notifiersCommand(), ...args);

describe('tourniquet notifiers try', () => {
  it('sends to every channel, shows which were reached and no target, and ends with 1 where one was not', async () => {
    const [good, bad] = [await startNoticeReceiver(200), await startNoticeReceiver(200)];
    await bad.behave('fail');
    const targetFile = fileOf('chat', `${good.url}/${TOKEN}`);
    const channels = [
      { notifier: 'slack', targetFile },
      { notifier: 'teams', target: `${bad.url}/${TOKEN}` },
    ];
    const settings = settingsFile({ audiences: { engineering: LOG, security: channels, product: LOG } });

    const text = await run('try', '--settings', settings);

    const status = process.exitCode;
    process.exitCode = 0;
    await Promise.all([good.stop(), bad.stop()]);
    const rows = text.split('\n').map((line) => line.split('│').map((cell) => cell.trim()));
    expect(rows.filter(([, audience]) => audience === 'security').map((row) => row.slice(2, -1))).toEqual([
      ['slack', 'delivered'],
      ['teams', 'NOTIFICATION_FAILED: it answered 500'],
    ]);
    expect([text.includes(TOKEN), status]).toEqual([false, 1]);
    expect(good.received[0]?.text).toContain('Nothing leaked');
  });

  it('sends nothing while a channel is of the wrong form', async () => {
    const good = await startNoticeReceiver(200);
    const channels = [
      { notifier: 'slack', target: good.url },
      { notifier: 'slack', target: `http://hooks.example/${TOKEN}` },
    ];
    const settings = settingsFile({ audiences: { engineering: LOG, security: channels, product: LOG } });

    await expect(run('try', '--settings', settings)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      fields: { faults: ['audiences.security.1: its target is no https:// URL'] },
    });
    await good.stop();
    expect(good.received).toEqual([]);
  });
});

describe('tourniquet notifiers keys', () => {
  const pem = (name: string, key: ReturnType<typeof generateKeyPairSync>['privateKey']) =>
    fileOf(name, key.export({ type: 'pkcs8', format: 'pem' }).toString());
  const signing = (keyFile: string) =>
    settingsFile({ sharedSignals: { issuer: 'https://tourniquet.example', keyFile } });

  it('prints the public half only, as a key set', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

    const { keys } = JSON.parse(await run('keys', '--settings', signing(pem('p256', privateKey)))) as {
      keys: Record<string, unknown>[];
    };

    expect(keys).toMatchObject([{ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' }]);
    expect(keys[0]).not.toHaveProperty('d');
  });

  it('refuses a key that receivers could not trust, and settings that name none', async () => {
    const weak = signing(pem('weak', generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey));
    await expect(run('keys', '--settings', weak)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });

    await expect(run('keys', '--settings', settingsFile())).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
