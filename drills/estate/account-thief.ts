import { setTimeout as sleep } from 'node:timers/promises';
import { systemOf } from '../systems';
import type { SystemUse } from '../systems/system';
import { AttackLog } from './attack-log';
import { readProcessConfig, type EstateConfigs } from './process-config';
import { serveCounters } from './serve-counters';

type Stolen = EstateConfigs['accountThief']['stolen'][number];

const PAUSE_MS = 100;

/** Uses what was stolen, from the moment it starts: keeps what it was let in with for as long as that works, and logs in again and again. */
async function main(): Promise<void> {
  const { port, stolen } = readProcessConfig('accountThief');
  const stop = new AbortController();
  const logs = new Map(stolen.map(({ credentialId }) => [credentialId, new AttackLog()]));
  const attacks = stolen.map((one) => attack(one, logs.get(one.credentialId) ?? new AttackLog(), stop.signal));
  await serveCounters(
    port,
    () => Object.fromEntries([...logs].map(([credential, log]) => [credential, log.summary()])),
    async () => {
      stop.abort();
      await Promise.all(attacks);
    },
  );
}

async function attack({ provider, at, material }: Stolen, log: AttackLog, signal: AbortSignal): Promise<void> {
  const system = await systemOf(provider);
  const logIn = async (): Promise<SystemUse | undefined> => {
    let session: SystemUse | undefined;
    await log.attempt(async () => {
      session = await system.enter(material, at);
      return true;
    });
    return session;
  };
  let kept: SystemUse | undefined;
  for (let n = 0; !signal.aborted; n++) {
    const next = await logIn();
    if (kept) await next?.end();
    else kept = next;
    if (kept && !(await works(log, kept, n))) {
      await kept.end();
      kept = undefined;
    }
    await sleep(PAUSE_MS);
  }
  await kept?.end();
}

function works(log: AttackLog, session: SystemUse, n: number): Promise<boolean> {
  return log.attempt(async () => {
    await session.request(n);
    return true;
  });
}

void main();
