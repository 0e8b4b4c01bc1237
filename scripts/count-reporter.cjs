const { mkdirSync, writeFileSync } = require('node:fs');
const { dirname, relative } = require('node:path');

/**
 * Jest reporter for .ci/run: writes "passed failed skipped" to the file in its option `file`, and below it a line for each failure. It is
 * called before the servers are stopped, so the numbers are there even if something breaks after that. A test file that could not be
 * run at all counts as one failure.
 */
module.exports = class CountReporter {
  constructor(_globalConfig, options) {
    this.file = options.file;
  }

  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const lines = [`${results.numPassedTests} ${failed} ${skipped}`, ...results.testResults.flatMap(failuresOf)];
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(this.file, `${lines.join('\n')}\n`);
  }
};

function failuresOf({ testFilePath, testResults, testExecError }) {
  const file = relative(process.cwd(), testFilePath);
  const failures = testResults
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => `${file}: ${fullName}: ${firstLine(failureMessages[0])}`);
  return testExecError ? [`${file}: ${firstLine(testExecError.message)}`, ...failures] : failures;
}

function firstLine(message = '') {
  return message.trimStart().split('\n', 1)[0];
}
