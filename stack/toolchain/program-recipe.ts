/** How one server program is recognised, fetched and built. */
export interface ProgramRecipe {
  name: 'temporal' | 'nats-server';
  /** The pinned version for download and build. */
  version: string;
  /** Finds the number that counts in the output of `--version`. */
  versionPattern: RegExp;
  /** The oldest one on PATH that has what we use. */
  minimumVersion: string;
  goPackage: string;
  /** `MODULE@VERSION` of what it is built with in place of the older one it asks for, where that one has a defect. */
  newerModules: readonly string[];
  buildMinutes: string;
  /** The variable that points us at a running server instead. */
  addressVariable: string;
  /** The project's own release, whose checksum file comes from the same place. */
  release: (os: string, arch: string) => { archive: string; checksums: string };
}

const TEMPORAL_VERSION = '1.5.1';
const NATS_VERSION = '2.15.2';

/** 1.5.1 is the last version that builds from the Go module proxy alone. Server 1.29 has priority and fairness. */
export const TEMPORAL: ProgramRecipe = {
  name: 'temporal',
  version: TEMPORAL_VERSION,
  versionPattern: /Server (?<version>\d+\.\d+)/,
  minimumVersion: '1.29',
  goPackage: 'github.com/temporalio/cli/cmd/temporal',
  // Until some version after 1.38 a query that is cancelled, as when a worker is killed, can leave its connection refusing every later one for good ("interrupted (9)").
  newerModules: ['modernc.org/sqlite@v1.62.0'],
  buildMinutes: '2 to 4 minutes',
  addressVariable: 'TOURNIQUET_TEMPORAL_ADDRESS',
  release: (os, arch) => {
    const folder = `https://github.com/temporalio/cli/releases/download/v${TEMPORAL_VERSION}`;
    return {
      archive: `${folder}/temporal_cli_${TEMPORAL_VERSION}_${os}_${arch}.tar.gz`,
      checksums: `${folder}/checksums.txt`,
    };
  },
};

/** 2.11 has pinned consumers, which the detection engine uses. */
export const NATS_SERVER: ProgramRecipe = {
  name: 'nats-server',
  version: NATS_VERSION,
  versionPattern: /v(?<version>\d+\.\d+)/,
  minimumVersion: '2.11',
  goPackage: 'github.com/nats-io/nats-server/v2',
  newerModules: [],
  buildMinutes: 'about a minute',
  addressVariable: 'TOURNIQUET_NATS_URL',
  release: (os, arch) => {
    const folder = `https://github.com/nats-io/nats-server/releases/download/v${NATS_VERSION}`;
    return {
      archive: `${folder}/nats-server-v${NATS_VERSION}-${os}-${arch}.tar.gz`,
      checksums: `${folder}/SHA256SUMS`,
    };
  },
};

/** The names that Go's world has for this machine; undefined where no release exists. */
export function releasePlatform(): { os: string; arch: string } | undefined {
  const os = { linux: 'linux', darwin: 'darwin' }[process.platform as string];
  const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch as string];
  return os && arch ? { os, arch } : undefined;
}

/** Whether `version` is at least `minimum`; both are numbers parted by dots. */
export function isAtLeast(version: string, minimum: string): boolean {
  const ours = version.split('.').map(Number);
  for (const [index, wanted] of minimum.split('.').map(Number).entries()) {
    const got = ours[index] ?? 0;
    if (got !== wanted) return got > wanted;
  }
  return true;
}
