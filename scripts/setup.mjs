// All set-up from a fresh clone: dependencies, compiled code, workflow bundle. `npm run demo`, `npm run stack` and
// `npm test` begin with it. It says nothing when there is nothing to do, and never writes to standard output, where
// `npm run demo -- --json` prints its result.
import { bundleIsFresh, bundleWorkflows } from './setup/bundle.mjs';
import { compile, compiledIsFresh } from './setup/compile.mjs';
import { dependenciesAreFresh, installDependencies } from './setup/dependencies.mjs';
import { withSetupLock } from './setup/lock.mjs';
import { root, say } from './setup/project.mjs';

process.chdir(root);
try {
  if (!(dependenciesAreFresh() && compiledIsFresh() && bundleIsFresh())) await withSetupLock(setUp);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

// Everything is asked again inside the lock: another process may have done it while we waited.
async function setUp() {
  if (!dependenciesAreFresh()) installDependencies();
  if (!compiledIsFresh()) compile();
  if (!bundleIsFresh()) await bundleWorkflows();
}
