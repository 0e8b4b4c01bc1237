import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runProgram } from '../../stack/run-program';
import { messageOf } from '../../stack/stack-error';
import { findPrograms } from '../../stack/toolchain/find-on-path';
import { userCache } from '../../stack/toolchain/user-cache';
import { withLock } from '../../stack/toolchain/with-lock';

const VERSION = '1.38.0';
const RESOLVE_TIMEOUT_MS = 300_000;

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>tourniquet</groupId>
  <artifactId>time-skipping-server</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-test-server</artifactId>
      <version>${VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;

async function jarFolder(): Promise<string> {
  return join(await userCache(), 'temporal-test-server', VERSION);
}

/** Whether the jars are in this user's cache already. */
export async function mavenTestServerIsCached(): Promise<boolean> {
  return (await readdir(await jarFolder()).catch(() => [])).some((file) => file.startsWith('temporal-test-server'));
}

/**
 * The command line of TestServers.java over the test server from Maven Central, whose jars are fetched into this user's
 * cache if need be.
 */
export async function mavenTestServers(port: number, report: (line: string) => void): Promise<[string, string[]]> {
  const [java] = await findPrograms('java');
  if (java === undefined) throw new Error('Java is not installed');
  const { output } = await runProgram(java, ['--list-modules']);
  if (!output.includes('jdk.compiler')) throw new Error('this Java has no compiler; a JDK is needed, 17 or later');
  const folder = await jarFolder();
  const onWait = () => report('time-skipping server: another process is fetching it, waiting');
  await withLock(`${folder}.lock`, onWait, async () => {
    if (!(await mavenTestServerIsCached())) await fetchJars(folder, report);
  });
  // Short-lived and small: quick to start matters more than quick in the long run.
  const quick = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(folder, '*')];
  return [java, [...quick, join(__dirname, 'TestServers.java'), `${port}`]];
}

async function fetchJars(folder: string, report: (line: string) => void): Promise<void> {
  const [maven] = await findPrograms('mvn');
  if (maven === undefined) throw new Error('Maven is not installed');
  report(`time-skipping server: fetching io.temporal:temporal-test-server:${VERSION} with Maven`);
  await mkdir(dirname(folder), { recursive: true });
  const staging = await mkdtemp(`${folder}-`);
  try {
    await writeFile(join(staging, 'pom.xml'), POM);
    const jars = join(staging, 'jars');
    const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${jars}`];
    const { code, output } = await runProgram(maven, ['-q', '-B', ...goal], {
      cwd: staging,
      timeoutMs: RESOLVE_TIMEOUT_MS,
    });
    if (code !== 0) throw new Error(`mvn ended with status ${code}: ${output.trim().split('\n').slice(-5).join('\n')}`);
    await rm(folder, { recursive: true, force: true });
    await rename(jars, folder);
  } catch (error) {
    throw new Error(`the jars could not be fetched: ${messageOf(error)}`, { cause: error });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
