/** One project a layer (docs: test layers); those that need servers start them once for all of their files. */
const SECONDS = 1_000;

const project = (name, more = {}) => ({
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
    '(?:node-pg-migrate|jose)/.+\\.js$': ['@swc/jest', { jsc: { target: 'es2023' }, module: { type: 'commonjs' } }],
  },
  // Published as ES modules only; Jest's require() needs them as CommonJS.
  transformIgnorePatterns: ['/node_modules/(?!(?:node-pg-migrate|jose)/)'],
  // Looking a global up is slow in Jest's sandbox: signatures of NATS take a tenth of the time with these at hand.
  sandboxInjectedGlobals: ['Math', 'Float64Array', 'Uint8Array'],
  // An import() names the compiled file.
  moduleNameMapper: { '^\\.\\./systems/(.*)\\.js$': '../systems/$1' },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.tourniquet/'],
  ...more,
});

const servers = (name) => ({
  globalSetup: `<rootDir>/test/support/setup/start-${name}.ts`,
  globalTeardown: `<rootDir>/test/support/setup/stop-${name}.ts`,
});

module.exports = {
  // Server-backed projects must run their files one after the other, and Jest knows this setting for the whole only.
  maxWorkers: 1,
  // A Temporal worker that a failed test left running would keep the process for ever, polling a server that is gone.
  forceExit: true,
  // Jest knows this one for the whole only, too.
  testTimeout: 180 * SECONDS,
  reporters: [
    'default',
    '<rootDir>/scripts/outcome-reporter.cjs',
    // Set by .ci/run, which sums up.
    ...(process.env.TQ_COUNTS_FILE
      ? [['<rootDir>/scripts/count-reporter.cjs', { file: process.env.TQ_COUNTS_FILE }]]
      : []),
  ],
  projects: [
    project('unit'),
    project('contract'),
    project('workflows', servers('time-skipping-server')),
    project('replay'),
    // Not tests: `npm run histories:record` runs this one by name.
    project('record', { testMatch: ['<rootDir>/test/replay/**/*.record.ts'] }),
    project('integration', servers('integration-stack')),
    project('browser', servers('integration-stack')),
  ],
};
