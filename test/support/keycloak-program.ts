import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { runProgram } from '../../stack/run-program';
import { messageOf } from '../../stack/stack-error';
import { childEnvironment } from '../../stack/toolchain/child-environment';
import { findPrograms } from '../../stack/toolchain/find-on-path';
import { userCache } from '../../stack/toolchain/user-cache';
import { withLock } from '../../stack/toolchain/with-lock';

const VERSION = '26.5.6';
const FETCH_TIMEOUT_MS = 300_000;
const BUILD_TIMEOUT_MS = 180_000;
const WHOLE = '.whole';

/** What is decided once, so that a start need not: the preview feature of two secrets, and a database in memory. */
const BUILD = ['build', '--db=dev-mem', '--features=client-secret-rotation'];

/** Quick to start and small matter more than quick in the long run. */
const JAVA_OPTIONS = '-Xms128m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dfile.encoding=UTF-8';

// The distribution alone: with what its own POM names, Maven would fetch every library of Keycloak a second time.
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tourniquet</groupId>
  <artifactId>keycloak</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.keycloak</groupId>
      <artifactId>keycloak-quarkus-dist</artifactId>
      <version>${VERSION}</version>
      <type>zip</type>
      <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>
    </dependency>
  </dependencies>
</project>
`;

export interface KeycloakProgram {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** What Keycloak needs and is not on PATH, for people; undefined where nothing is missing. */
export function missingForKeycloak(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const missing = ['java', 'mvn'].filter((name) => !folders.some((folder) => existsSync(join(folder, name))));
  return missing.length === 0 ? undefined : `${missing.join(' and ')} not on PATH`;
}

/** How Keycloak is run, fetched into this user's cache with Maven and built there once, if need be. */
export async function keycloakProgram(report: (line: string) => void): Promise<KeycloakProgram> {
  const [java] = await findPrograms('java');
  if (java === undefined) throw new Error('Java is not installed');
  const folder = await home();
  const env = { JAVA: java, JAVA_OPTS: JAVA_OPTIONS };
  const program = join(folder, 'bin', 'kc.sh');
  const onWait = () => report('Keycloak: another process is fetching it, waiting');
  await withLock(`${folder}.lock`, onWait, async () => {
    if (await isWhole(folder)) return;
    await unpack(folder, report);
    await run('/bin/sh', [program, ...BUILD], { env, timeoutMs: BUILD_TIMEOUT_MS });
    await writeFile(join(folder, WHOLE), '');
  });
  return { program: '/bin/sh', args: [program, 'start', '--optimized'], env };
}

async function home(): Promise<string> {
  return join(await userCache(), 'keycloak', VERSION);
}

async function isWhole(folder: string): Promise<boolean> {
  return stat(join(folder, WHOLE)).then(
    () => true,
    () => false,
  );
}

async function unpack(folder: string, report: (line: string) => void): Promise<void> {
  const [maven] = await findPrograms('mvn');
  if (maven === undefined) throw new Error('Maven is not installed');
  report(`fetching org.keycloak:keycloak-quarkus-dist:${VERSION} with Maven`);
  await mkdir(dirname(folder), { recursive: true });
  const staging = await mkdtemp(`${folder}-`);
  try {
    await writeFile(join(staging, 'pom.xml'), POM);
    const goal = ['dependency:unpack-dependencies', `-DoutputDirectory=${join(staging, 'dist')}`];
    await run(maven, ['-q', '-B', ...goal], { cwd: staging, timeoutMs: FETCH_TIMEOUT_MS });
    await rm(folder, { recursive: true, force: true });
    await rename(join(staging, 'dist', `keycloak-${VERSION}`), folder);
  } catch (error) {
    throw new Error(`Keycloak could not be fetched: ${messageOf(error)}`, { cause: error });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function run(
  program: string,
  args: readonly string[],
  { env, ...options }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>>; timeoutMs: number },
): Promise<void> {
  const { code, output } = await runProgram(program, args, {
    ...options,
    ...(env ? { env: { ...childEnvironment(), ...env } } : {}),
  });
  if (code === 0) return;
  throw new Error(`${args.join(' ')} ended with status ${code}: ${output.trim().split('\n').slice(-5).join('\n')}`);
}
