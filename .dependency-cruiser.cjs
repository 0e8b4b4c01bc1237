/**
 * The import direction of docs/architecture (design: "Import direction"). Edges that carry only types are told apart:
 * `tsPreCompilationDeps: 'specify'` marks what the compiler removes as pre-compilation-only.
 */
const PARTS =
  'domain|detectors|intel|recordings|enforcement|workflows|activities|workers|client|api|backtest|cli|drills|stack|bench|test';

/** A rule for a part that may import nothing of ours but the parts named. */
const only = (part, allowed, comment) => ({
  name: `${part}-imports-only-${allowed.length === 0 ? 'itself' : allowed.join('-')}`,
  severity: 'error',
  comment,
  from: { path: `^${part}/` },
  to: { path: `^(${PARTS})/`, pathNot: `^(${[part, ...allowed].join('|')})/` },
});

const packages = (names) => `(^|/)node_modules/(${names.join('|')})/`;

module.exports = {
  forbidden: [
    only('domain', [], 'Pure values and decisions: no I/O, nobody else is needed for them.'),
    only('detectors', ['domain'], 'Detectors are folds over usage events.'),
    only(
      'recordings',
      ['domain', 'detectors'],
      'Files are read as they are; what is done with them is for others to say.',
    ),
    only(
      'intel',
      ['domain'],
      'Lists of others are read and kept; what they mean for a use is for the detectors to say.',
    ),
    only('enforcement', ['domain'], 'Refusing must not depend on anything that can be down.'),
    only('activities', ['domain', 'enforcement', 'intel'], 'Activities never import workflows; workers join the two.'),
    only('client', ['domain', 'workflows', 'activities'], 'What is published drags no server code along.'),
    only(
      'api',
      ['domain', 'detectors', 'client', 'enforcement', 'activities', 'workflows'],
      'Wiring belongs to the workers.',
    ),
    {
      name: 'api-only-maps-with-detectors',
      severity: 'error',
      comment: 'It reads foreign records as every intake does, and judges nothing.',
      from: { path: '^api/' },
      to: { path: '^detectors/', pathNot: '^detectors/sources/' },
    },
    only('stack/toolchain', ['stack'], 'Finding and building servers knows nothing of what is done with them.'),
    {
      name: 'workflows-values-only-from-domain',
      severity: 'error',
      comment: 'All that a workflow imports as a value ends in the deterministic bundle.',
      from: { path: '^workflows/' },
      to: {
        path: `^(${PARTS})/`,
        pathNot: '^(workflows|domain)/',
        dependencyTypesNot: ['type-only', 'pre-compilation-only'],
      },
    },
    {
      name: 'workflows-types-only-from-activities',
      severity: 'error',
      comment: 'Types may come from activities too, and from nowhere else.',
      from: { path: '^workflows/' },
      to: { path: `^(${PARTS})/`, pathNot: '^(workflows|domain|activities)/' },
    },
    {
      name: 'workflows-packages',
      severity: 'error',
      comment: "Only Temporal's workflow packages run in the sandbox; Node's built-ins do not exist there.",
      from: { path: '^workflows/' },
      to: {
        dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'],
        pathNot: packages(['@temporalio/workflow', '@temporalio/common']),
      },
    },
    {
      name: 'client-types-only-from-activities',
      severity: 'error',
      comment: 'The client would carry every provider along.',
      from: { path: '^client/' },
      to: { path: '^activities/', dependencyTypesNot: ['type-only', 'pre-compilation-only'] },
    },
    {
      name: 'domain-and-detectors-do-no-io',
      severity: 'error',
      comment: 'Hashes and checksums are computing, so these two are allowed; files, sockets and timers are not.',
      from: { path: '^(domain|detectors)/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|zlib)$' },
    },
    {
      name: 'domain-knows-no-server-library',
      severity: 'error',
      from: { path: '^(domain|detectors)/' },
      to: {
        path: packages([
          '@temporalio/[^/]+',
          '@nats-io/[^/]+',
          'pg',
          '@redis/[^/]+',
          '@aws-sdk/[^/]+',
          'fastify',
          'undici',
          'pino',
        ]),
      },
    },
    {
      name: 'pg-has-few-homes',
      severity: 'error',
      comment: 'Everything else asks a store or a provider.',
      from: {
        path: `^(${PARTS})/`,
        pathNot: '^(activities/store/|activities/providers/postgres-|client/dependent/|stack/|drills/|test/)',
      },
      to: { path: packages(['pg']), dependencyTypesNot: ['type-only', 'pre-compilation-only'] },
    },
    {
      name: 'redis-has-one-home',
      severity: 'error',
      comment: 'Everything else asks the provider.',
      from: { path: `^(${PARTS})/`, pathNot: '^(activities/providers/redis-|drills/systems/redis-|test/)' },
      to: { path: packages(['@redis/[^/]+']) },
    },
    {
      name: 'aws-has-one-home',
      severity: 'error',
      comment: 'Everything else asks the provider, or the secret store.',
      from: {
        path: `^(${PARTS})/`,
        pathNot: '^(activities/(providers|store/secret-stores)/aws-|drills/systems/(aws-|moto)|test/)',
      },
      to: { path: packages(['@aws-sdk/[^/]+']) },
    },
    {
      name: 'settings-load-no-driver',
      severity: 'error',
      comment: 'Every process reads the settings: what a provider may be told stands apart from what it needs.',
      from: { path: '^workers/settings\\.ts$' },
      to: { path: packages(['@redis/[^/]+', '@aws-sdk/[^/]+', 'pg']), reachable: true },
    },
    {
      name: 'nothing-imports-what-joins',
      severity: 'error',
      comment: 'What joins things together is the end of the line: only others of its kind and tests import it.',
      from: { path: `^(${PARTS})/`, pathNot: '^(workers|backtest|cli|drills|bench|stack|test)/' },
      to: { path: '^(workers|backtest|cli|drills|bench|stack)/' },
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: '^test/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'A cycle of values is a file whose order of loading decides whether it works.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only', 'pre-compilation-only'] } },
    },
    {
      name: 'no-development-packages-at-run-time',
      severity: 'error',
      from: { path: `^(${PARTS})/`, pathNot: '^(test|bench|drills/systems/authorization-server)' },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only', 'pre-compilation-only'],
        pathNot: 'node_modules/@types/',
      },
    },
    {
      name: 'resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|\\.tourniquet)/|\\.d\\.ts$' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
    cache: { folder: 'node_modules/.cache/dependency-cruiser', strategy: 'metadata' },
  },
};
