import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  ListAccountAliasesCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetch } from 'undici';
import type { AwsKey } from '../../activities/providers/aws-calls';
import { freePort } from '../../stack/free-port';
import { ManagedProcess } from '../../stack/managed-process';
import { pythonProgram } from '../../stack/toolchain/python-environment';
import { startAwsFront, type AwsFront } from './aws-front';

/** A stand-in for AWS itself, Apache-2; only tests and the demo use it. */
const MOTO = { name: 'moto_server', packages: ['moto[server]==5.2.5'] } as const;

export const REGION = 'us-east-1';
/** Roles that any key of the user may assume. */
export const ROLES = ['deploy', 'shared'] as const;
/** Our admin as docs/operations.md gives it: what an incident needs, and no more. */
const ADMIN_RIGHTS = ['ListAccessKeys', 'GetAccessKeyLastUsed', 'CreateAccessKey', 'UpdateAccessKey', 'DeleteAccessKey']
  .concat(['GetUserPolicy', 'PutUserPolicy', 'GetRolePolicy', 'PutRolePolicy'])
  .map((right) => `iam:${right}`);

export interface Moto {
  readonly front: AwsFront;
  /** Our admin's own key. */
  readonly admin: AwsKey;
  /** As one who may do all. */
  readonly root: IAMClient;
  /** A user more, with these rights, and its first key. */
  user(name: string, actions: readonly string[]): Promise<AwsKey>;
  /** Whether the key is let in by STS. */
  accepts(key: AwsKey): Promise<boolean>;
  /** Opens a session of a role; undefined when the key was refused. */
  assume(key: AwsKey, role: string): Promise<AwsSession | undefined>;
  stop(): Promise<void>;
}

export interface AwsSession {
  /** Whether it may still do what the role allows. */
  works(): Promise<boolean>;
}

/** A real moto on loopback that asks for signatures and rights, with what it lacks in front of it, a user `orders`, our admin, and two roles. */
export async function startMoto(): Promise<Moto> {
  const program = await pythonProgram(MOTO, (line) => process.stderr.write(`${line}\n`));
  const state = await mkdtemp(join(tmpdir(), 'tourniquet-moto-'));
  const port = await freePort();
  const server = new ManagedProcess({
    name: 'moto_server',
    program,
    args: ['-H', '127.0.0.1', '-p', String(port)],
    cwd: state,
    logFile: join(state, 'output.log'),
    pidFile: join(state, 'leash.pid'),
    stopSignal: 'SIGTERM',
    graceSeconds: 5,
    readyTimeoutMs: 60_000,
    probe: async () => void (await (await fetch(`http://127.0.0.1:${port}/moto-api/`)).text()),
  });
  await server.start();
  const front = await startAwsFront(port);
  const place = { region: REGION, endpoint: front.url, maxAttempts: 1 };
  const unknown = { accessKeyId: 'AKIA0000000000000000', secretAccessKey: 'before-moto-asks' };
  const setUp = new IAMClient({ ...place, credentials: unknown });

  async function user(iam: IAMClient, name: string, actions: readonly string[]): Promise<AwsKey> {
    await iam.send(new CreateUserCommand({ UserName: name }));
    await iam.send(
      new PutUserPolicyCommand({ UserName: name, PolicyName: 'rights', PolicyDocument: allowing(actions) }),
    );
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: name }));
    return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
  }

  const rootKey = await user(setUp, 'root', ['*']);
  const admin = await user(setUp, 'tourniquet', ADMIN_RIGHTS);
  await setUp.send(new CreateUserCommand({ UserName: 'orders' }));
  const policy = { UserName: 'orders', PolicyName: 'rights', PolicyDocument: allowing(['sts:AssumeRole']) };
  await setUp.send(new PutUserPolicyCommand(policy));
  for (const name of ROLES) {
    const trust = { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' };
    const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] });
    await setUp.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument }));
    const PolicyDocument = allowing(['iam:ListAccountAliases']);
    await setUp.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: 'rights', PolicyDocument }));
  }
  const enforced = await fetch(`http://127.0.0.1:${port}/moto-api/reset-auth`, { method: 'POST', body: '0' });
  await enforced.text();
  setUp.destroy();
  const root = new IAMClient({ ...place, credentials: rootKey });

  return {
    front,
    admin,
    root,
    user: (name, actions) => user(root, name, actions),
    async accepts(key) {
      const sts = new STSClient({ ...place, credentials: key });
      return succeeds(sts.send(new GetCallerIdentityCommand({}))).finally(() => sts.destroy());
    },
    async assume(key, role) {
      const sts = new STSClient({ ...place, credentials: key });
      const RoleArn = `arn:aws:iam::123456789012:role/${role}`;
      const opened = await sts
        .send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'test' }))
        .catch(() => undefined)
        .finally(() => sts.destroy());
      if (!opened) return undefined;
      const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = opened.Credentials ?? {};
      const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
      return { works: () => mayListAliases(credentials) };
    },
    async stop() {
      root.destroy();
      await front.stop();
      await server.stop();
      await rm(state, { recursive: true, force: true });
    },
  };

  async function mayListAliases(credentials: AwsKey & { readonly sessionToken: string }): Promise<boolean> {
    const iam = new IAMClient({ ...place, credentials });
    return succeeds(iam.send(new ListAccountAliasesCommand({}))).finally(() => iam.destroy());
  }
}

function allowing(actions: readonly string[]): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
  });
}

function succeeds(call: Promise<unknown>): Promise<boolean> {
  return call.then(
    () => true,
    () => false,
  );
}
