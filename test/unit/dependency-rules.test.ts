import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { runProgram } from '../../stack/run-program';
import { temporaryFolder } from '../support/temporary-folder';

const ROOT = resolve(__dirname, '../..');

/** File, what it says, and the rule that must catch it; none for what is allowed. */
const FILES: [path: string, text: string, rule: string | undefined][] = [
  ['domain/value.ts', 'export const value = 1;', undefined],
  ['domain/hash.ts', "import { createHash } from 'node:crypto';\nexport const hash = createHash;", undefined],
  [
    'domain/reads-a-file.ts',
    "import { readFile } from 'node:fs';\nexport const read = readFile;",
    'domain-and-detectors-do-no-io',
  ],
  [
    'domain/asks-a-worker.ts',
    "import { port } from '../workers/port';\nexport const same = port;",
    'domain-imports-only-itself',
  ],
  [
    'detectors/asks-activities.ts',
    "import { act } from '../activities/act';\nexport const acts = act;",
    'detectors-imports-only-domain',
  ],
  [
    'activities/act.ts',
    "import { value } from '../domain/value';\nexport const act = () => value;\nexport type Act = typeof act;",
    undefined,
  ],
  [
    'activities/starts-itself.ts',
    "import { story } from '../workflows/story';\nexport const again = story;",
    'activities-imports-only-domain-enforcement-intel',
  ],
  ['activities/asks-pg.ts', "import { Pool } from 'pg';\nexport const pool = Pool;", 'pg-has-few-homes'],
  [
    'activities/asks-aws.ts',
    "import { IAMClient } from '@aws-sdk/client-iam';\nexport const client = IAMClient;",
    'aws-has-one-home',
  ],
  [
    'activities/asks-redis.ts',
    "import { createClient } from '@redis/client';\nexport const client = createClient;",
    'redis-has-one-home',
  ],
  [
    'activities/providers/redis-told.ts',
    "import { createClient } from '@redis/client';\nexport const client = createClient;",
    undefined,
  ],
  [
    'workers/settings.ts',
    "import { client } from '../activities/providers/redis-told';\nexport const told = client;",
    'settings-load-no-driver',
  ],
  ['activities/store/pool.ts', "import { Pool } from 'pg';\nexport const pool = Pool;", undefined],
  [
    'workflows/story.ts',
    "import type { Act } from '../activities/act';\nimport { value } from '../domain/value';\nexport const story = (act: Act) => act() + value;",
    undefined,
  ],
  [
    'workflows/acts-itself.ts',
    "import { act } from '../activities/act';\nexport const result = act();",
    'workflows-values-only-from-domain',
  ],
  [
    'workflows/knows-a-worker.ts',
    "import type { Port } from '../workers/port';\nexport type Same = Port;",
    'workflows-types-only-from-activities',
  ],
  [
    'workflows/reads-a-file.ts',
    "import { readFile } from 'node:fs';\nexport const read = readFile;",
    'workflows-packages',
  ],
  ['workers/port.ts', 'export const port = 1;\nexport type Port = typeof port;', undefined],
  [
    'enforcement/needs-a-worker.ts',
    "import { port } from '../workers/port';\nexport const same = port;",
    'nothing-imports-what-joins',
  ],
];

interface Report {
  summary: { violations: { from: string; rule: { name: string } }[] };
}

describe('the dependency rules', () => {
  const folder = temporaryFolder();
  let caught: Map<string, string[]>;

  beforeAll(async () => {
    for (const [path, text] of FILES) {
      await mkdir(join(folder.path, dirname(path)), { recursive: true });
      await writeFile(join(folder.path, path), text);
    }
    await writeFile(join(folder.path, 'tsconfig.json'), '{}');
    await symlink(join(ROOT, 'node_modules'), join(folder.path, 'node_modules'));
    const program = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
    const options = ['--config', join(ROOT, '.dependency-cruiser.cjs'), '--no-cache', '--output-type', 'json', '.'];
    const { output } = await runProgram(process.execPath, [program, ...options], { cwd: folder.path });
    const { summary } = JSON.parse(output) as Report;
    caught = new Map(
      FILES.map(([path]) => [
        path,
        summary.violations.filter(({ from }) => from === path).map(({ rule }) => rule.name),
      ]),
    );
  }, 60_000);

  it.each(FILES)('%s', (path, _text, rule) => {
    if (rule === undefined) expect(caught.get(path)).toEqual([]);
    else expect(caught.get(path)).toContain(rule);
  });
});
