import { z } from 'zod';
import { parseJson } from './parse-json';

/** What a secret store keeps for one version: everything its dependents need to authenticate. Never leaves a call or a store. */
export const secretMaterial = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('api-token'), token: z.string().min(1) }),
  z.strictObject({
    kind: z.literal('postgres'),
    host: z.string(),
    port: z.number().int(),
    database: z.string(),
    user: z.string(),
    password: z.string().min(1),
  }),
  z.strictObject({
    kind: z.literal('redis'),
    host: z.string(),
    port: z.number().int(),
    tls: z.boolean(),
    user: z.string(),
    password: z.string().min(1),
  }),
  z.strictObject({
    kind: z.literal('aws-access-key'),
    region: z.string(),
    accessKeyId: z.string(),
    secretAccessKey: z.string().min(1),
  }),
  z.strictObject({
    kind: z.literal('oauth-client'),
    tokenUrl: z.string(),
    authMethod: z.enum(['client_secret_basic', 'client_secret_post']),
    clientId: z.string().min(1),
    clientSecret: z.string().min(1),
  }),
  z.strictObject({ kind: z.literal('nats-user'), url: z.string(), user: z.string().min(1), creds: z.string().min(1) }),
  z.strictObject({ kind: z.literal('http'), id: z.string().min(1), secret: z.string().min(1) }),
]);

export type SecretMaterial = z.infer<typeof secretMaterial>;
export type PostgresMaterial = Extract<SecretMaterial, { kind: 'postgres' }>;
export type RedisMaterial = Extract<SecretMaterial, { kind: 'redis' }>;
export type AwsAccessKeyMaterial = Extract<SecretMaterial, { kind: 'aws-access-key' }>;
export type ApiTokenMaterial = Extract<SecretMaterial, { kind: 'api-token' }>;
export type OauthClientMaterial = Extract<SecretMaterial, { kind: 'oauth-client' }>;
export type NatsUserMaterial = Extract<SecretMaterial, { kind: 'nats-user' }>;
export type HttpMaterial = Extract<SecretMaterial, { kind: 'http' }>;

/** Reads what a store returned. A value that can't be read is named by its size only. */
export function parseMaterial<K extends SecretMaterial['kind']>(
  kind: K,
  text: string,
): Extract<SecretMaterial, { kind: K }> {
  const parsed = secretMaterial.safeParse(parseJson(text));
  if (!parsed.success || parsed.data.kind !== kind)
    throw new Error(`secret material is not of kind ${kind} (${text.length} characters)`);
  return parsed.data as Extract<SecretMaterial, { kind: K }>;
}

/** The part of what a store returned that is the secret; undefined when it can't be read. */
export function valueOf(text: string): string | undefined {
  const parsed = secretMaterial.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const { data } = parsed;
  if (data.kind === 'api-token') return data.token;
  if (data.kind === 'http') return data.secret;
  if (data.kind === 'nats-user') return natsSeed(data.creds);
  if (data.kind === 'oauth-client') return data.clientSecret;
  return data.kind === 'aws-access-key' ? data.secretAccessKey : data.password;
}

/** The part of NATS credentials (`.creds`) that is the secret; all of them where none is found. */
export function natsSeed(creds: string): string {
  return /\bSU[A-Z2-7]{56}\b/.exec(creds)?.[0] ?? creds;
}
