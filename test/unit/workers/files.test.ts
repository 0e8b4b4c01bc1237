import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { IncidentError } from '../../../domain/errors';
import { readFingerprintKeys, readKey, readTogether } from '../../../workers/keys';
import { errorLabel } from '../../../workers/log';
import { projectRoot } from '../../../workers/project-root';
import { awsAccounts, postgresAccounts, readSettings, redisAccounts, threatLists } from '../../../workers/settings';

const KEY = Buffer.alloc(32, 1).toString('base64');
const HOOK = 'https://hooks.test/T00/verysecrettoken';
const AUDIENCES = `audiences:
  engineering: [{ notifier: webhook, target: '${HOOK}' }]
  security: [{ notifier: console, target: '' }]
  product: [{ notifier: console, target: '' }]
`;

let directory: string;

beforeAll(() => (directory = mkdtempSync(path.join(tmpdir(), 'tourniquet-files-'))));
afterAll(() => rmSync(directory, { recursive: true }));

function fileOf(content: string, name = 'file'): string {
  const file = path.join(directory, name);
  writeFileSync(file, content);
  return file;
}

/** The faults that `read` throws. */
function faultsOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof IncidentError && error.code === 'CONFIG_INVALID') return error.message;
    throw error;
  }
  return 'none';
}

describe('threat lists', () => {
  const settingsOf = (lists: string) => readSettings(fileOf(`${AUDIENCES}threatIntel: { lists: [${lists}] }\n`));
  const tor = "name: tor, from: 'https://lists.test/tor', format: plain";

  it('are none by default, and hostile ones of medium trust, good for three days', () => {
    expect(readSettings(fileOf(AUDIENCES)).threatIntel).toEqual({ everyMinutes: 60, lists: [] });
    expect(settingsOf(`{ ${tor} }`).threatIntel.lists).toMatchObject([
      { says: 'hostile', trust: 'medium', goodForHours: 72 },
    ]);
  });

  it('come with what their servers know us by', () => {
    const password = fileOf('made-up\n', 'password');
    const settings = settingsOf(
      `{ ${tor}, access: { user: ana, passwordFile: ${password} } }, { name: b, from: /b, format: csv, access: { header: x-key, valueFile: ${password} } }`,
    );

    expect(threatLists(settings).map(({ access }) => access)).toEqual([
      { kind: 'basic', user: 'ana', password: 'made-up' },
      { kind: 'header', name: 'x-key', value: 'made-up' },
    ]);
  });

  it('name a file that is not there', () => {
    const settings = settingsOf(`{ ${tor}, access: { user: ana, passwordFile: /nowhere } }`);

    expect(faultsOf(() => threatLists(settings))).toContain('threatIntel.lists.0.access.passwordFile: names no');
  });

  it.each([
    [`{ ${tor} }, { ${tor} }`, 'threatIntel.lists.1.name: is the name of another list, too'],
    ["{ name: tor, from: 'http://lists.test/tor', format: plain }", 'threatIntel.lists.0.from: is no absolute path'],
    ["{ name: 'T or', from: /tor, format: plain }", 'threatIntel.lists.0.name: is no name'],
    ['{ name: tor, from: /tor, format: xml }', 'threatIntel.lists.0.format'],
    [`{ ${tor}, goodForHours: 0 }`, 'threatIntel.lists.0.goodForHours'],
    [`{ ${tor}, access: { user: ana, password: made-up } }`, 'threatIntel.lists.0.access'],
  ])('are not taken as %s', (list, fault) => {
    const faults = faultsOf(() => settingsOf(list));

    expect(faults).toContain(fault);
    expect(faults).not.toContain('made-up');
  });
});

describe('folders of Sigma rules', () => {
  it('are none by default, and absolute paths', () => {
    expect(readSettings(fileOf(AUDIENCES)).rules).toEqual([]);
    expect(readSettings(fileOf(`${AUDIENCES}rules: [/etc/tourniquet/rules]\n`)).rules).toEqual([
      '/etc/tourniquet/rules',
    ]);
    expect(faultsOf(() => readSettings(fileOf(`${AUDIENCES}rules: [rules]\n`)))).toContain(
      'rules.0: is no absolute path',
    );
  });
});

test('the settings file of the documentation can be read, and has every setting', () => {
  const page = readFileSync(path.join(projectRoot(), 'docs/operations.md'), 'utf8');
  const shown = /## Settings[^]*?```yaml\n(?<yaml>[^]*?)```/.exec(page)?.groups?.['yaml'] ?? '';
  const documented = Object.keys(parse(shown) as object);

  expect(documented.sort()).toEqual(Object.keys(readSettings(fileOf(shown))).sort());
});

describe('the routes that gateways shut while they are stale', () => {
  it('are none by default', () => {
    expect(readSettings(fileOf(AUDIENCES)).gateway).toEqual({ privilegedRoutes: [] });
  });

  it('have a path, and a method or all', () => {
    const routes = "gateway: { privilegedRoutes: [{ path: '/admin/**' }, { method: POST, path: '/keys' }] }\n";

    expect(readSettings(fileOf(AUDIENCES + routes)).gateway.privilegedRoutes).toEqual([
      { path: '/admin/**' },
      { method: 'POST', path: '/keys' },
    ]);
  });

  it.each([
    ["{ path: 'admin' }", 'gateway.privilegedRoutes.0.path: is no pattern'],
    ["{ path: '/**/admin' }", 'gateway.privilegedRoutes.0.path: is no pattern'],
    ["{ path: '/a', method: post }", 'gateway.privilegedRoutes.0.method: is no method in capitals'],
    ['{ method: POST }', 'gateway.privilegedRoutes.0.path: '],
    ["{ path: '/a', methods: [POST] }", 'gateway.privilegedRoutes.0: unknown: methods'],
  ])('are not taken as %s', (route, fault) => {
    expect(faultsOf(() => readSettings(fileOf(`${AUDIENCES}gateway: { privilegedRoutes: [${route}] }\n`)))).toContain(
      fault,
    );
  });
});

describe('the audiences of the settings file', () => {
  it('are the three that are always told, and any other that a ladder may ask', () => {
    const { audiences } = readSettings(fileOf(`${AUDIENCES}  on-call: [{ notifier: webhook, target: 'https://p' }]\n`));

    expect(Object.keys(audiences).sort()).toEqual(['engineering', 'on-call', 'product', 'security']);
    expect(audiences['on-call']).toEqual([{ notifier: 'webhook', target: 'https://p' }]);
  });

  it.each([
    ['one of the three is missing', AUDIENCES.replace(/ {2}product.*\n/, ''), 'audiences.product: '],
    ['one has no channel', `${AUDIENCES}  on-call: []\n`, 'audiences.on-call: '],
    [
      'one has a channel of another shape',
      `${AUDIENCES}  on-call: [{ notifier: email }]\n`,
      'audiences.on-call.0.target: ',
    ],
  ])('are refused when %s', (_what, content, fault) => {
    expect(faultsOf(() => readSettings(fileOf(content)))).toContain(fault);
  });
});

describe('the settings file', () => {
  it.each([
    ['an open quote', `${AUDIENCES}trustedProxies: ['${HOOK}`, /line \d+, column \d+/],
    ['a wrong indent', `audiences:\n  engineering: "${HOOK}"\n bad: "${HOOK}"\n`, /line 3, column \d+/],
    ['the same key twice', `${AUDIENCES}audiences: '${HOOK}'\n`, /line 5, column 1: DUPLICATE_KEY/],
    ['a URL where a key belongs', `${AUDIENCES}'${HOOK}': 1\n`, /unknown: …/],
    ['a URL for an account', `${AUDIENCES}providers: { api-token: { '${HOOK}': 7 } }\n`, /providers\.api-token\.…/],
    ['an alias to nowhere', `${AUDIENCES}trustedProxies: *${'verysecrettoken'}\n`, /file: /],
  ])('with %s names the place and never the content', (_what, content, place) => {
    const faults = faultsOf(() => readSettings(fileOf(content)));

    expect(faults).toMatch(place);
    expect(faults).not.toContain('verysecrettoken');
  });

  it('says which account’s connection string can not be read', () => {
    const account = 'adminUrlFile: /nowhere, host: h, port: 1, database: d, ownerRole: o';
    const settings = readSettings(
      fileOf(`${AUDIENCES}providers: { postgres-role: { a: { ${account} }, b: { ${account} } } }\n`),
    );

    expect(faultsOf(() => postgresAccounts(settings))).toMatch(/role\.a\.adminUrlFile.*role\.b\.adminUrlFile/);
  });

  it('reads where a Redis keeps its users, by default in an ACL file', () => {
    const account = `adminUrlFile: ${fileOf('redis://tourniquet:verysecrettoken@h:6379', 'url')}, host: h, port: 6379`;
    const settings = readSettings(fileOf(`${AUDIENCES}providers: { redis-acl: { cache: { ${account} } } }\n`));

    expect(redisAccounts(settings).get('cache')).toEqual({
      adminUrl: 'redis://tourniquet:verysecrettoken@h:6379',
      host: 'h',
      port: 6379,
      tls: false,
      keepsUsersIn: 'acl-file',
    });
  });

  it.each(['http://verysecrettoken@h:6379', 'verysecrettoken', 'redis://h:verysecrettoken:1'])(
    'refuses a connection string that is none of Redis: %s',
    (url) => {
      const account = `adminUrlFile: ${fileOf(url, 'url')}, host: h, port: 6379`;
      const settings = readSettings(fileOf(`${AUDIENCES}providers: { redis-acl: { cache: { ${account} } } }\n`));

      const faults = faultsOf(() => redisAccounts(settings));

      expect(faults).toMatch(/redis-acl\.cache\.adminUrlFile: holds no connection string/);
      expect(faults).not.toContain('verysecrettoken');
    },
  );
});

describe('the AWS accounts', () => {
  const ID = 'AKIAABCDEFGHIJKLMNOP';
  const accountsWith = (account: string) =>
    awsAccounts(readSettings(fileOf(`${AUDIENCES}providers: { aws-access-key: { prod: { ${account} } } }\n`)));

  it('are read with the key of our admin', () => {
    const key = fileOf(`${ID}:verysecrettoken\n`, 'key');

    expect(accountsWith(`adminKeyFile: ${key}, rolesOf: { ci: [deploy] }`).get('prod')).toEqual({
      adminKey: `${ID}:verysecrettoken`,
      region: 'us-east-1',
      rolesOf: { ci: ['deploy'] },
    });
  });

  it('need no key where the machine has a role', () => {
    expect(accountsWith('region: eu-central-1').get('prod')).toEqual({ region: 'eu-central-1', rolesOf: {} });
  });

  it.each(['verysecrettoken', `${ID}`, 'ASIAABCDEFGHIJKLMNOP:verysecrettoken'])(
    'refuses a file that holds no key: %s',
    (text) => {
      const faults = faultsOf(() => accountsWith(`adminKeyFile: ${fileOf(text, 'key')}`));

      expect(faults).toMatch(/aws-access-key\.prod\.adminKeyFile: holds no <key id>:<key>/);
      expect(faults).not.toContain('verysecrettoken');
    },
  );

  it('refuses a file that is not there', () => {
    expect(faultsOf(() => accountsWith('adminKeyFile: /nowhere'))).toContain('adminKeyFile: names no readable file');
  });
});

describe('the fingerprint keys', () => {
  it('are read in their order', () => {
    const keys = readFingerprintKeys(fileOf(`new-2 ${KEY}\nk1 ${KEY}\n`));

    expect(keys.map(({ id }) => id)).toEqual(['new-2', 'k1']);
  });

  it.each(['K1', 'key_1', 'a:b', 'k'.repeat(33)])('can not have the id %s: no subject could name it', (id) => {
    expect(faultsOf(() => readFingerprintKeys(fileOf(`k1 ${KEY}\n${id} ${KEY}\n`)))).toContain(
      'line 2: the id must match',
    );
  });

  it('have every fault listed, and none of their text', () => {
    const faults = faultsOf(() => readFingerprintKeys(fileOf(`${KEY}\nk1 c2hvcnQ=\nk1 ${KEY}\n`)));

    expect(faults).toMatch(/line 1: the id.*line 1: needs 32 bytes.*line 2: needs 32 bytes.*an id stands twice/);
    expect(faults).not.toContain(KEY);
  });
});

describe('reading together', () => {
  it('lists the faults of all files', () => {
    const faults = faultsOf(() =>
      readTogether({
        settings: () => readSettings(fileOf('[', 'settings.yaml')),
        key: () => readKey(fileOf('short', 'sealing.key')),
        good: () => 1,
      }),
    );

    expect(faults).toMatch(/settings\.yaml: line 1.*sealing\.key: needs 32 bytes/);
  });

  it('gives what was read', () => {
    expect(readTogether({ one: () => 1, two: () => 'two' })).toEqual({ one: 1, two: 'two' });
  });
});

test('of an error only its name and code are logged', () => {
  const refused = Object.assign(new Error('password verysecrettoken'), { code: '28P01', detail: 'verysecrettoken' });

  expect(errorLabel(refused)).toEqual({ error: 'Error', code: '28P01' });
  expect(errorLabel(Object.assign(new TypeError('x'), { code: 'very secret' }))).toEqual({ error: 'TypeError' });
  expect(errorLabel('verysecrettoken')).toEqual({ error: 'string' });
});
