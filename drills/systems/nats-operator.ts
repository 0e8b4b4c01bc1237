import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Algorithms, encodeAccount, encodeOperator, encodeUser, fmtCreds, type Account } from '@nats-io/jwt';
import { createAccount, createOperator, createUser, type KeyPair } from '@nats-io/nkeys';
import { connect, credsAuthenticator } from '@nats-io/transport-node';
import type { NatsUserSettings } from '../../activities/providers/nats-account';
import { startLocalStack } from '../../stack/local-stack';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const seedOf = (key: KeyPair): string => text(key.getSeed());
/** Without limits of its own nobody can connect. */
const LIMITS = { conn: -1, subs: -1, data: -1, payload: -1, imports: -1, exports: -1, leaf: -1, wildcards: true };

/** A real nats-server in operator mode: an operator with a signing key, its system account, and an account of orders with one of its own. */
export async function startNatsOperator() {
  const [operator, operatorSigner] = [createOperator(), createOperator()];
  const [system, systemUser] = [createAccount(), createUser()];
  const [orders, ordersSigner] = [createAccount(), createAccount()];
  const v2 = { algorithm: Algorithms.v2 };
  const operatorJwt = await encodeOperator(
    'tests',
    operator,
    { system_account: system.getPublicKey(), signing_keys: [operatorSigner.getPublicKey()] },
    v2,
  );
  const signed = { ...v2, signer: operatorSigner };
  const account = (name: string, key: KeyPair, more: Partial<Account> = {}) =>
    encodeAccount(name, key, { limits: LIMITS, ...more }, signed);
  const credsOf = async (user: KeyPair, issuer: KeyPair): Promise<string> =>
    text(fmtCreds(await encodeUser('system', user, issuer, {}, v2), user));
  const resolver = await mkdtemp(join(tmpdir(), 'tourniquet-resolver-'));
  const natsConfig = {
    operator: operatorJwt,
    system_account: system.getPublicKey(),
    resolver: { type: 'full', dir: resolver, allow_delete: false, interval: '2m' },
    resolver_preload: {
      [system.getPublicKey()]: await account('SYS', system),
      [orders.getPublicKey()]: await account('orders', orders, { signing_keys: [ordersSigner.getPublicKey()] }),
    },
  };
  const stack = await startLocalStack({ servers: ['nats'], natsConfig });
  const serverUrl = stack.nats?.url ?? '';
  const systemCreds = await credsOf(systemUser, system);
  const asker = await connect({
    servers: serverUrl,
    authenticator: credsAuthenticator(new TextEncoder().encode(systemCreds)),
  });
  const asked = async (subject: string, body: object = {}): Promise<string> =>
    (await asker.request(subject, JSON.stringify(body), { timeout: 5_000 })).string();
  const strangers = await credsOf(createUser(), createAccount());
  return {
    port: Number(new URL(serverUrl).port),
    account: orders.getPublicKey(),
    /** Credentials that this server does not take. */
    strangers,
    /** The account as an API of NATS gives it. */
    claims: () => asked(`$SYS.REQ.ACCOUNT.${orders.getPublicKey()}.CLAIMS.LOOKUP`),
    async connections(user: string): Promise<number> {
      const text = await asked('$SYS.REQ.SERVER.PING.CONNZ', { acc: orders.getPublicKey(), user, auth: true });
      return (JSON.parse(text) as { data: { num_connections: number } }).data.num_connections;
    },
    settings: (url = serverUrl, systemUrl = url): NatsUserSettings => ({
      url,
      systemUrl,
      account: orders.getPublicKey(),
      systemCreds,
      operatorSeed: seedOf(operatorSigner),
      accountSeed: seedOf(ordersSigner),
    }),
    async stop() {
      await asker.close();
      await stack.stop();
      await rm(resolver, { recursive: true, force: true });
    },
  };
}
