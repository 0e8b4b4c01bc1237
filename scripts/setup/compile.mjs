import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, relative } from 'node:path';
import { filesUnder, say, sourceFolders, stampOf, textOf } from './project.mjs';

const STAMP = 'dist/.compiled';
const CONFIGS = ['scripts/setup/compile.mjs', 'package-lock.json'];
/** Files that the code reads at run time from next to itself. */
const ASSET = /\.(sql|json|yaml|yml|html|css|svg|conf)$/;
/** As Jest compiles it (jest.config.cjs); an import() stays one, and who imports from an ES module finds what is exported. */
const OPTIONS = {
  jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
  module: { type: 'commonjs', ignoreDynamic: true, exportInteropAnnotation: true },
  sourceMaps: true,
};

const isSource = (path) => path.endsWith('.ts') && !path.endsWith('.d.ts');
const isInput = (path) => isSource(path) || ASSET.test(path);

export function compiledIsFresh() {
  return textOf(STAMP) === stampOf([...filesUnder(sourceFolders, isInput), ...CONFIGS]);
}

/** Each file by itself, in a second: whether its types are right is for `npm run typecheck` to say. */
export function compile() {
  const begin = Date.now();
  // Taken before the compiler reads: what is saved meanwhile is compiled the next time.
  const stamp = stampOf([...filesUnder(sourceFolders, isInput), ...CONFIGS]);
  say('compiling');
  removeOrphans();
  const { transformSync } = createRequire(import.meta.url)('@swc/core');
  for (const path of filesUnder(sourceFolders, isInput)) {
    const output = `dist/${path}`;
    mkdirSync(dirname(output), { recursive: true });
    if (!isSource(path)) copyFileSync(path, output);
    else writeCompiled(output.replace(/\.ts$/, '.js'), path, transformSync);
  }
  writeFileSync(STAMP, stamp);
  say(`compiled in ${((Date.now() - begin) / 1000).toFixed(1)} s`);
}

function writeCompiled(output, source, transformSync) {
  const sourceFileName = relative(dirname(output), source);
  const { code, map } = transformSync(readFileSync(source, 'utf8'), { ...OPTIONS, filename: source, sourceFileName });
  writeFileSync(output, `${code}//# sourceMappingURL=${basename(output)}.map\n`);
  writeFileSync(`${output}.map`, map);
}

/** Output whose source is gone would still be loaded, by those who list a folder above all. */
function removeOrphans() {
  const output = filesUnder(
    sourceFolders.map((folder) => `dist/${folder}`),
    () => true,
  );
  for (const path of output) {
    const base = path.slice('dist/'.length);
    const source = base.replace(/(\.js\.map|\.js)$/, '.ts');
    // Declarations are of another build: `npm run build` makes them anew.
    if (path.endsWith('.d.ts') || (!existsSync(source) && !existsSync(base))) rmSync(path);
  }
}
