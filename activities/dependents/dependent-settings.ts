import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { isSafeAddress } from '../../domain/safe-to-fetch';

const file = z.string().refine(isAbsolute, 'is no absolute path');

/** A program and its arguments; no shell reads them. The arguments may name `{credential}`, `{version}` and `{publicId}`. */
const command = z
  .array(z.string().min(1).max(4096))
  .min(1)
  .max(32)
  .refine(([program = '']) => isAbsolute(program), 'begins with no absolute path of a program');

/** Which process is told to read again; `process`: a text of its command line, since a number may be another's by now. */
const signalled = z.strictObject({
  pidFile: file,
  process: z.string().min(3),
  signal: z.enum(['SIGHUP', 'SIGUSR1', 'SIGUSR2']).default('SIGHUP'),
});

/** Prints which version the service uses, by its number or its public id, and ends with 0 when a use of it through the service has worked. */
const probe = command;

/** How long a service may take to begin before it is told again, in seconds. */
const settleSeconds = z.number().int().min(1).max(600).default(30);

/** The credentials that the service uses: the inventory alone can't give it another's value. */
const credentials = z.array(z.string().min(1).max(128)).min(1);

/** The name of the machine whose response worker moves it, as `hostname` prints it. */
const host = z.string().min(1);

export const commandDependent = z.strictObject({ credentials, host, activate: command, probe, settleSeconds });

export const fileDependent = z.strictObject({
  credentials,
  host,
  path: file,
  /** `{user}`, `{password}` and so on, as the secret material of the credential has them, `{version}` and `{publicId}`; JSON of all of it without one. */
  template: z.string().min(1).max(65_536).optional(),
  /** Owner and group are those of the file that is there. */
  mode: z.enum(['0600', '0640']).default('0600'),
  then: z.union([signalled, z.strictObject({ command, settleSeconds })]),
  probe,
});

/** As Kubernetes names things (RFC 1123): a label, or labels with dots between them. */
const label = z.string().regex(/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/, 'is no name of Kubernetes');
const kubernetesName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/, 'is no name of Kubernetes');

export const kubernetesDependent = z.strictObject({
  credentials,
  server: z.string().refine(isSafeAddress, 'is no https:// URL, or http:// URL on loopback'),
  /** A token of a service account: read at each call, since it is renewed in place. */
  tokenFile: file,
  caFile: file.optional(),
  namespace: label,
  kind: z.enum(['deployment', 'statefulset']).default('deployment'),
  name: kubernetesName,
  /** Where its pods read the value; without it they fetch it themselves, as the annotation names it. */
  secret: z
    .strictObject({
      name: kubernetesName,
      key: z.string().regex(/^[-._a-zA-Z0-9]{1,253}$/, 'is no key of a Kubernetes secret'),
      template: z.string().min(1).max(65_536).optional(),
    })
    .optional(),
});

export type KubernetesDependent = z.infer<typeof kubernetesDependent>;
export type Command = z.infer<typeof command>;
export type Signalled = z.infer<typeof signalled>;
export type CommandDependent = z.infer<typeof commandDependent>;
export type FileDependent = z.infer<typeof fileDependent>;
