import { z } from 'zod';
import type { ProviderCapabilities } from '../../domain/ports/credential-provider';

// Apart from the provider: every process reads the settings, and only response workers need AWS's SDK.

export const awsAccessKeySettings = z.strictObject({
  /** `<access key id>:<secret access key>` of our admin; by file. Without it the SDK finds what its machine is: a role, best of all. */
  adminKey: z.string().optional(),
  region: z.string().default('us-east-1'),
  /** Other addresses than AWS's own, such as of an endpoint in your own network. */
  iamEndpoint: z.url().optional(),
  stsEndpoint: z.url().optional(),
  /** By the user's name: roles that nobody else assumes, whose sessions are to end with the user's keys. */
  rolesOf: z.record(z.string(), z.array(z.string())).default({}),
});

export type AwsAccessKeySettings = z.infer<typeof awsAccessKeySettings>;

export const AWS_ACCESS_KEY: ProviderCapabilities = {
  overlap: 'values',
  quarantine: 'reversible',
  endsSessions: true,
  derivedTokens: 'end',
  lastUsed: 'coarse',
  secretOrigin: 'shown-once',
  // AWS promises no time; a change is known everywhere within seconds.
  propagationMs: 10_000,
  sideEffects: [
    'Temporary sessions of the IAM user are refused that were opened before, also those of its other key; so are those of the roles that the settings name for it. They have to be opened again.',
    'Sessions of roles that the settings do not name live on until they run out.',
    'A user has two keys at most, active or not: while it has both none can be minted.',
  ],
  permissions: [
    'iam:ListAccessKeys',
    'iam:GetAccessKeyLastUsed',
    'iam:CreateAccessKey',
    'iam:UpdateAccessKey',
    'iam:DeleteAccessKey',
    'iam:GetUserPolicy',
    'iam:PutUserPolicy',
    'iam:GetRolePolicy and iam:PutRolePolicy of the roles that the settings name',
  ],
};
