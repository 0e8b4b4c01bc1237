import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { filesUnder, say, sourceFolders, stampOf, textOf } from './project.mjs';

const STAMP = 'dist/.compiled';
const CONFIGS = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
/** Files that the code reads at run time from next to itself. */
const ASSET = /\.(sql|json|yaml|yml|html|css|svg|conf)$/;

const isSource = (path) => path.endsWith('.ts') && !path.endsWith('.d.ts');
const isInput = (path) => isSource(path) || ASSET.test(path);

export function compiledIsFresh() {
  return textOf(STAMP) === stampOf([...filesUnder(sourceFolders, isInput), ...CONFIGS]);
}

export function compile() {
  const begin = Date.now();
  // Taken before the compiler reads: what is saved meanwhile is compiled the next time.
  const stamp = stampOf([...filesUnder(sourceFolders, isInput), ...CONFIGS]);
  say('compiling');
  removeOrphans();
  const { status } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error('the code does not compile; the compiler says above where');
  for (const path of filesUnder(sourceFolders, (file) => ASSET.test(file))) {
    mkdirSync(dirname(`dist/${path}`), { recursive: true });
    copyFileSync(path, `dist/${path}`);
  }
  mkdirSync('dist', { recursive: true });
  writeFileSync(STAMP, stamp);
  say(`compiled in ${((Date.now() - begin) / 1000).toFixed(1)} s`);
}

/** Output whose source is gone would still be loaded, by those who list a folder above all. */
function removeOrphans() {
  const output = filesUnder(
    sourceFolders.map((folder) => `dist/${folder}`),
    () => true,
  );
  let removed = false;
  for (const path of output) {
    const base = path.slice('dist/'.length);
    const source = base.replace(/(\.d\.ts|\.js\.map|\.js)$/, '.ts');
    if (existsSync(source) || existsSync(base)) continue;
    rmSync(path);
    removed = true;
  }
  // The compiler's own record of what it wrote no longer holds.
  if (removed || !existsSync('dist/stack')) rmSync('dist/.tsbuildinfo', { force: true });
}
