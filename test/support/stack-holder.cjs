// Holds a local stack until it is killed: for tests of what is left behind then. Argument: StackOptions as JSON.
const { startLocalStack } = require('../../dist/stack/local-stack.js');

startLocalStack(JSON.parse(process.argv[2] ?? '{}')).then(
  (stack) => process.stdout.write(`${JSON.stringify(stack, (key, value) => (key === 'server' ? value.pid : value))}\n`),
  (error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  },
);
