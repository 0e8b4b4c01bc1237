import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FAMILIES } from '../../../domain/families';
import type { Detector } from '../../../detectors/detector';
import { DETECTORS } from '../../../detectors/registry';

const FOLDER = join(__dirname, '../../../detectors');

test('the registry holds every detector that lies in the folder, and nothing else', () => {
  const onDisk = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.ts') && file !== 'registry.ts')
    .flatMap((file) => Object.values<unknown>(jest.requireActual(join(FOLDER, file))))
    .filter(isDetector);

  expect(onDisk.map(({ id }) => id).sort()).toEqual(DETECTORS.map(({ id }) => id).sort());
});

test('each detector lies in the file of its id', () => {
  const files = readdirSync(FOLDER);

  expect(DETECTORS.filter(({ id }) => !files.includes(`${id}.ts`))).toEqual([]);
});

test('ids are unique, families known, and every family has its detector', () => {
  expect(new Set(DETECTORS.map(({ id }) => id)).size).toBe(DETECTORS.length);
  expect(new Set(DETECTORS.map(({ family }) => family))).toEqual(new Set(FAMILIES));
});

test('each detector brings parameters, positives and near-misses', () => {
  for (const { parameters, samples } of DETECTORS) {
    expect(Object.keys(parameters).length).toBeGreaterThan(0);
    expect(samples().positives.length).toBeGreaterThan(0);
    expect(samples().nearMisses.length).toBeGreaterThan(0);
  }
});

test('the documentation says of every detector what it speaks of, under its family', () => {
  const page = readFileSync(join(FOLDER, '../docs/detection.md'), 'utf8');

  expect(DETECTORS.filter(({ id, family }) => !page.includes(`| \`${id}\` | ${family} | `))).toEqual([]);
});

test('the worked example of the documentation is the detector it shows', () => {
  const guide = readFileSync(join(FOLDER, '../docs/adding-a-detector.md'), 'utf8');
  const shown = /```ts\n(?<code>import [\s\S]*?)```/.exec(guide)?.groups?.['code'];

  expect(shown).toBe(readFileSync(join(FOLDER, 'dormant-awake.ts'), 'utf8'));
});

function isDetector(value: unknown): value is Detector {
  return typeof value === 'object' && value !== null && 'judge' in value && 'samples' in value && 'family' in value;
}
