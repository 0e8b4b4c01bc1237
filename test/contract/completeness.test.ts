import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CAPABILITIES } from '../../activities/providers/capabilities';

const ROOT = join(__dirname, '../..');
const REGISTRY = ['workers/response/response-deps.ts', 'workers/notifiers.ts']
  .map((file) => readFileSync(join(ROOT, file), 'utf8'))
  .join('\n');

const KINDS = [
  { folder: 'providers', suffix: 'Provider', idField: 'id', contract: 'describeCredentialProvider' },
  { folder: 'dependents', suffix: 'Adapter', idField: 'kind', contract: 'describeDependent' },
  { folder: 'notifiers', suffix: 'Notifier', idField: 'id', contract: 'describeNotifier' },
] as const;

interface Part {
  readonly id: string;
  readonly factory: string;
  readonly source: string;
}

/** The files of a folder that make a part; others there help one. */
function partsIn(folder: string, suffix: string): Part[] {
  const directory = join(ROOT, 'activities', folder);
  return readdirSync(directory).flatMap((file) => {
    const source = readFileSync(join(directory, file), 'utf8');
    const factory = new RegExp(`export function (create\\w+${suffix})\\(`).exec(source)?.[1];
    return factory ? [{ id: basename(file, '.ts'), factory, source }] : [];
  });
}

test('every provider says what it can do without its server', () => {
  const ids = partsIn('providers', 'Provider').map(({ id }) => id);

  expect(Object.keys(CAPABILITIES).sort()).toEqual(ids.sort());
});

test('every secret store is wired, and has a contract test of its name', () => {
  const stores = partsIn('store/secret-stores', 'Store');
  const wiring = readFileSync(join(ROOT, 'workers/secret-stores.ts'), 'utf8');
  const wired = [...wiring.matchAll(/\b(create\w+Store)\(/g)].map((match) => match[1]);
  const tested = readdirSync(__dirname).flatMap((file) => /^secret-store-(.+)\.test\.ts$/.exec(file)?.[1] ?? []);

  expect(wired.sort()).toEqual(stores.map(({ factory }) => factory).sort());
  expect(tested.sort()).toEqual(stores.map(({ id }) => id).sort());
  for (const id of tested)
    expect(readFileSync(join(__dirname, `secret-store-${id}.test.ts`), 'utf8')).toContain(
      `describeSecretStore({\n  name: '${id}',`,
    );
});

describe.each(KINDS)('every one of the $folder', ({ folder, suffix, idField, contract }) => {
  const parts = partsIn(folder, suffix);

  it('is wired, and nothing else is', () => {
    const wired = [...REGISTRY.matchAll(new RegExp(`\\b(create\\w+${suffix})\\(`, 'g'))].map((match) => match[1]);

    expect(wired.sort()).toEqual(parts.map(({ factory }) => factory).sort());
  });

  it.each(parts)('$id: is known by the name of its file', ({ id, source }) => {
    expect(source).toContain(`${idField}: '${id}'`);
  });

  it.each(parts)('$id: has a contract test of its name', ({ id, factory }) => {
    const file = join(__dirname, `${id}.test.ts`);

    expect(existsSync(file)).toBe(true);
    const test = readFileSync(file, 'utf8');
    expect(test).toContain(`${factory}(`);
    expect(test).toMatch(new RegExp(`${contract}\\(\\{\\s*name: '${id}'`));
  });

  it('has a contract test only if it exists', () => {
    const tested = readdirSync(__dirname)
      .filter((file) => file.endsWith('.test.ts'))
      .filter((file) => readFileSync(join(__dirname, file), 'utf8').includes(`\n${contract}({`))
      .map((file) => basename(file, '.test.ts'));

    expect(tested.sort()).toEqual(parts.map(({ id }) => id).sort());
  });
});
