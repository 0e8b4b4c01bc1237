import { awsCredential } from '../../../../detectors/sources/aws-principal';

const STS = 'arn:aws:sts::000000000000';
const IAM = 'arn:aws:iam::000000000000';

function credential(more: Partial<Parameters<typeof awsCredential>[0]>) {
  return awsCredential({
    keyId: 'ASIA0',
    type: '',
    arn: '',
    issuer: '',
    isMfa: false,
    isInstanceSession: false,
    agent: '',
    ...more,
  });
}

test.each([
  ['of a role: the role', `${STS}:assumed-role/deploy/run-17`, `id:aws-role:${STS}:assumed-role/deploy`],
  ['of an instance: its role', `${STS}:assumed-role/web/i-0a1b2c3d4e5f60718`, `id:aws-role:${STS}:assumed-role/web`],
  [
    'of single sign-on: the person',
    `${STS}:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ann@example.com`,
    `id:aws-role:${STS}:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ann@example.com`,
  ],
  ['of a user', `${IAM}:user/team/ann`, `id:aws-console-user:${IAM}:user/team/ann`],
  ['of the root user', `${IAM}:root`, `id:aws-console-user:${IAM}:root`],
  [
    'in another partition of AWS',
    'arn:aws-us-gov:sts::000000000000:assumed-role/deploy/run-17',
    'id:aws-role:arn:aws-us-gov:sts::000000000000:assumed-role/deploy',
  ],
  ['of a federated user', `${STS}:federated-user/ann`, undefined],
  ['of whom nobody says', '', undefined],
])('the principal of a session %s', (_title, arn, principal) => {
  expect(credential({ arn })).toMatchObject({ subject: 'id:aws-access-key:ASIA0' });
  expect(credential({ arn }).principal).toBe(principal);
});

test('a caller who names a session as it likes does not choose its principal', () => {
  const principals = ['ann', 'bob'].map(
    (name) => credential({ arn: `${STS}:assumed-role/admin/${name}`, isMfa: true }).principal,
  );

  expect(new Set(principals).size).toBe(1);
});

test('a key that lasts is judged by its own habits', () => {
  expect(credential({ keyId: 'AKIA0', arn: `${IAM}:user/ann` }).principal).toBeUndefined();
});
