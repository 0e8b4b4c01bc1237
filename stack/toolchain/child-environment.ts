/**
 * The environment that servers get: what a program needs to run, and nothing of ours. A TEMPORAL_* or PG* variable of
 * the caller's shell must not change how the local stack behaves, and no secret of it has business in a server.
 */
export function childEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH: PATH ?? '/usr/bin:/bin', HOME: HOME ?? '/', TZ: 'UTC', LC_ALL: 'C', ...(TMPDIR ? { TMPDIR } : {}) };
}
