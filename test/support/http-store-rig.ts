import type { SecretStore } from '../../domain/ports/stores';
import { FaultProxy } from '../../drills/chaos/fault-proxy';
import type { BadAnswer, SecretStoreRig } from '../contract/secret-store.contract';
import { startAnsweringServer, type BadReply } from './answering-server';

/** A store with a server that is spoken to over HTTP, and how that answers in its own words what it does not do. */
export async function httpStoreRig(
  server: { readonly port: number; stop(): Promise<void> },
  storeAt: (url: string) => SecretStore,
  secret: string,
  replies: Readonly<Record<BadAnswer, BadReply>>,
  write = /^POST /,
): Promise<SecretStoreRig> {
  const way = await FaultProxy.start({ host: '127.0.0.1', port: server.port });
  const answering = await startAnsweringServer();
  const losing = await FaultProxy.start({ host: '127.0.0.1', port: server.port });
  losing.mode = { loseAnswerTo: write };
  return {
    store: storeAt(`http://127.0.0.1:${way.port}`),
    way,
    answered(answer) {
      answering.reply = { ...replies[answer], ...(answer === 'throttled' ? { headers: { 'retry-after': '7' } } : {}) };
      return Promise.resolve(storeAt(answering.url));
    },
    losing: () => Promise.resolve(storeAt(`http://127.0.0.1:${losing.port}`)),
    waitMs: 7_000,
    secrets: [secret],
    async stop() {
      await Promise.all([way, answering, losing].map((one) => one.stop()));
      await server.stop();
    },
  };
}
