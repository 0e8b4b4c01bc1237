import { readdirSync } from 'node:fs';
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

function isDetector(value: unknown): value is Detector {
  return typeof value === 'object' && value !== null && 'reduce' in value && 'samples' in value && 'family' in value;
}
