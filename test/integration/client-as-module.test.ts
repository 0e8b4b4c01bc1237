import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

const CLIENT = resolve(__dirname, '../../dist/client/index.js');

test('an ES module finds what the client library exports', async () => {
  const program = `
    import { startIncident, createResilientFetch, IncidentError } from ${JSON.stringify(CLIENT)};
    console.log(typeof startIncident, typeof createResilientFetch, typeof IncidentError);`;

  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);

  expect(stdout.trim()).toBe('function function function');
});
