import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { isSafeAddress } from '../../../domain/safe-to-fetch';

// Apart from the stores: every process reads the settings, and few need the drivers.

const address = z
  .string()
  .refine(isSafeAddress, 'is no https:// URL, or http:// URL on loopback')
  .transform((url) => url.replace(/\/+$/, ''));
/** Each part begins with a letter, a digit or _: none is `..`. */
const path = z
  .string()
  .regex(/^\w[\w.-]{0,63}(?:\/\w[\w.-]{0,63}){0,7}$/, 'is no path of letters, digits, _ . - and /');
const file = z.string().refine(isAbsolute, 'is no absolute path');

/** What a server lets us in by stands in a file, which is read at each call: whoever renews it need not tell us. */
const httpAccess = z.strictObject({
  url: address,
  tokenFile: file,
  /** Certificates in PEM that its server is trusted by, instead of those that Node knows. */
  caFile: file.optional(),
});

/** HashiCorp Vault or OpenBao. */
export const vaultSettings = httpAccess.extend({
  namespace: path.optional(),
  /** Where the KV v2 engine is mounted. */
  mount: path.default('secret'),
  /** What we write stands below it. */
  prefix: path.default('tourniquet'),
});
export type VaultSettings = z.infer<typeof vaultSettings>;

export const kubernetesSettings = httpAccess.extend({
  namespace: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'is no name of a namespace'),
});
export type KubernetesSettings = z.infer<typeof kubernetesSettings>;

export const awsSecretsSettings = z.strictObject({
  region: z.string().regex(/^[a-z0-9-]{1,32}$/, 'is no region'),
  /** Another address than AWS's own, such as of an endpoint in your own network. */
  endpoint: address.optional(),
  /** `<access key id>:<secret access key>`. Without it the SDK finds what its machine is: a role, best of all. */
  keyFile: file.optional(),
  /** The key of KMS that values are sealed with, instead of the account's own. */
  kmsKeyId: z.string().min(1).max(2048).optional(),
  prefix: path.default('tourniquet'),
});
export type AwsSecretsSettings = z.infer<typeof awsSecretsSettings>;

export const filesSettings = z.strictObject({ directory: file });
export type FilesSettings = z.infer<typeof filesSettings>;

const stores = z.strictObject({
  vault: vaultSettings.optional(),
  'aws-secrets-manager': awsSecretsSettings.optional(),
  'kubernetes-secret': kubernetesSettings.optional(),
  files: filesSettings.optional(),
});

/** Our own database; always there, since what it keeps must be found whatever the default is. */
export const OWN_STORE = 'postgres';

/** One store of each kind; values say by its name where they are. */
export const secretStoresSettings = stores
  .extend({
    default: z.enum([OWN_STORE, 'vault', 'aws-secrets-manager', 'kubernetes-secret', 'files']).default(OWN_STORE),
  })
  .superRefine((given, context) => {
    if (given.default !== OWN_STORE && given[given.default] === undefined)
      context.addIssue({ code: 'custom', path: ['default'], message: 'names a store that is not configured here' });
  });
export type SecretStoresSettings = z.infer<typeof secretStoresSettings>;
