import {
  commandDependent,
  fileDependent,
  kubernetesDependent,
} from '../../../activities/dependents/dependent-settings';

const PROBE = ['/usr/local/bin/probe'];
const OURS = { credentials: ['a'], host: 'here' };
const COMMAND = { ...OURS, activate: ['/usr/bin/systemctl', 'restart', 'a@{version}'], probe: PROBE };
const FILE = { ...OURS, path: '/run/a/env', then: { pidFile: '/run/a/pid', process: 'a-service' }, probe: PROBE };
const ROLLOUT = {
  credentials: ['a'],
  server: 'https://k.test:6443',
  tokenFile: '/run/t',
  namespace: 'shop',
  name: 'orders',
};

it('takes what is declared, with what is safe by default', () => {
  expect(commandDependent.parse(COMMAND)).toMatchObject({ settleSeconds: 30 });
  expect(fileDependent.parse(FILE)).toMatchObject({ mode: '0600', then: { signal: 'SIGHUP' } });
  expect(kubernetesDependent.parse(ROLLOUT)).toMatchObject({ kind: 'deployment' });
});

it.each([
  ['a program that is searched for', commandDependent, { ...COMMAND, activate: ['systemctl'] }],
  ['no probe', commandDependent, { ...OURS, activate: COMMAND.activate }],
  ['a service of any credential', commandDependent, { ...COMMAND, credentials: [] }],
  ['a relative file', fileDependent, { ...FILE, path: 'env' }],
  ['a file that everybody reads', fileDependent, { ...FILE, mode: '0644' }],
  ['a signal that ends the service', fileDependent, { ...FILE, then: { ...FILE.then, signal: 'SIGKILL' } }],
  ['a process of any name', fileDependent, { ...FILE, then: { ...FILE.then, process: '' } }],
  ['a cluster whose tokens go in the clear', kubernetesDependent, { ...ROLLOUT, server: 'http://k.test:8080' }],
  ['a name that leaves the namespace', kubernetesDependent, { ...ROLLOUT, name: '../secrets' }],
])('refuses %s', (_what, schema, settings) => {
  expect(schema.safeParse(settings).success).toBe(false);
});
