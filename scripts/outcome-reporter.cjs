const { EOL } = require('node:os');

/** Under this name tests play how incidents end (test/workflows/outcomes.test.ts). */
const SHOWN = 'every outcome';

/** Jest reporter: of many files Jest shows the names of none of their tests; how incidents may end is shown by name in any case. */
module.exports = class OutcomeReporter {
  constructor(_globalConfig, { write = (text) => process.stderr.write(text) } = {}) {
    this.write = write;
  }

  onTestResult(_test, { testResults }) {
    const shown = testResults.filter(({ ancestorTitles }) => ancestorTitles.includes(SHOWN));
    for (const { title, status } of shown) this.write(`  ${status} ${title}${EOL}`);
  }
};
