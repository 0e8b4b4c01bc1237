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
    .map(({ fullName, failureMessages }) => `${file}: ${fullName}: ${briefly(failureMessages[0])}`);
  return testExecError ? [`${file}: ${briefly(testExecError.message)}`, ...failures] : failures;
}

/** What a failure says before its stack, on one line; of a long one both ends: a server's last words stand at the end. */
function briefly(message = '') {
  const lines = message.trim().split('\n');
  const stack = lines.findIndex((line) => /^\s+at /.test(line));
  const said = (stack === -1 ? lines : lines.slice(0, stack)).map((line) => line.trim()).join(' | ');
  return said.length <= 1_000 ? said : `${said.slice(0, 400)} … ${said.slice(-600)}`;
}
