const { mkdirSync, writeFileSync } = require('node:fs');
const { dirname } = require('node:path');

/**
 * Jest reporter for .ci/run: writes "passed failed skipped" to the file in its option `file`. It is called before the
 * servers are stopped, so the numbers are there even if something breaks after that. A test file that could not be run
 * at all counts as one failure.
 */
module.exports = class CountReporter {
  constructor(_globalConfig, options) {
    this.file = options.file;
  }

  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(this.file, `${results.numPassedTests} ${failed} ${skipped}\n`);
  }
};
