import { setTimeout as delay } from 'node:timers/promises';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import { createFallback, type DenylistFallback } from '../../enforcement/denylist-fallback';
import { createDenylistMap, type DenylistMap } from '../../enforcement/denylist-map';
import { keepSnapshot } from '../../enforcement/denylist-snapshot';
import { STALE_AFTER_MS } from '../../enforcement/freshness';
import { createStaleness, type Staleness } from '../../enforcement/staleness';
import { readSecretFile, type Config } from '../config';
import { openDenylistLink } from '../denylist-link';
import { errorLabel } from '../log';
import { connectNats } from '../nats';
import { loadSnapshot } from './load-snapshot';
import { stalenessAlarm } from './staleness-alarm';

/** The denylist of one gateway, from all of its sources. */
export interface GatewayDenylist {
  readonly map: DenylistMap;
  readonly staleness: Staleness;
  /** Resolves when there is a denylist to go by: the one in NATS if it can be had soon, else what else there is. */
  readonly known: Promise<unknown>;
  /** Resolves with the connection when the bucket is applied, which may be much later. */
  readonly ready: Promise<NatsConnection>;
  /** Up to which KV revision every write is applied. */
  appliedRevision(): number;
  /** `listener` is called after each revision that is applied. */
  onApplied(listener: (revision: number) => void): void;
  stop(): Promise<void>;
}

/** @throws when NATS is away and nothing else is configured to go by */
export async function openGatewayDenylist(config: Config<'gateway'>, log: Logger): Promise<GatewayDenylist> {
  const map = createDenylistMap();
  const file = config.TOURNIQUET_GATEWAY_SNAPSHOT_FILE;
  const snapshot = file === undefined ? undefined : await loadSnapshot(file, map, log);
  let answered = (): void => undefined;
  const fallbackAnswer = new Promise<void>((resolve) => (answered = resolve));
  const fallback = openFallback(config, log, map, () => answered());
  const connect = () => connectNats(config, config.TOURNIQUET_GATEWAY_ID);
  const connected = file === undefined && !fallback ? await connect() : undefined;

  const listeners: ((revision: number) => void)[] = [];
  const link = openDenylistLink({
    connect: () => (connected ? Promise.resolve(connected) : connect()),
    map,
    onApplied: (revision) => listeners.forEach((listener) => listener(revision)),
    onFault: ({ key, revision, cause }) =>
      log.error(
        { key, revision, ...errorLabel(cause) },
        'a denylist entry could not be applied (key *: the watch itself); what was known stays refused',
      ),
    onFailure: (error) => log.warn(errorLabel(error), 'the denylist in NATS can not be had yet; it is tried again'),
  });
  const appliedRevision = (): number => link.mirror()?.appliedRevision() ?? 0;
  const current = () => {
    const mirror = link.mirror();
    const [bucket, revision] = mirror ? [mirror.bucket(), appliedRevision()] : [snapshot?.bucket, snapshot?.revision];
    return { bucket: bucket ?? '', revision: revision ?? 0, entries: map.entries() };
  };
  const keeper = file === undefined ? undefined : keepSnapshot(file, current, (error) => notSaved(error, log));
  if (keeper) {
    map.onChanged(() => keeper.changed());
    listeners.push(() => keeper.changed());
  }
  const staleness = createStaleness({
    watch: (onChange) => link.watchFreshness(onChange),
    fallback,
    onChange: stalenessAlarm(log),
  });
  void link.ready.then(() => {
    if (snapshot && snapshot.bucket !== link.mirror()?.bucket())
      log.error(
        { code: 'GATEWAY_STALE', why: 'other-bucket' },
        'the bucket was made anew since the snapshot: both hold',
      );
  });

  return {
    map,
    staleness,
    known: Promise.race([link.ready, snapshot ? delay(STALE_AFTER_MS) : fallbackAnswer]),
    ready: link.ready,
    appliedRevision,
    onApplied: (listener) => void listeners.push(listener),
    async stop() {
      staleness.stop();
      await keeper?.stop();
      await link.stop();
    },
  };
}

/** A failure lasts; said once a minute it is not missed and drowns nothing. */
const TELL_AGAIN_MS = 60_000;

function openFallback(
  config: Config<'gateway'>,
  log: Logger,
  map: DenylistMap,
  onAnswer: () => void,
): DenylistFallback | undefined {
  const url = config.TOURNIQUET_GATEWAY_FALLBACK_URL;
  const keyFile = config.TOURNIQUET_GATEWAY_FALLBACK_KEY_FILE;
  if (url === undefined || keyFile === undefined) return undefined;
  let toldAt = -Infinity;
  return createFallback({
    url,
    key: readSecretFile(keyFile),
    join: (entry) => map.join(entry),
    onAnswer,
    onError(error) {
      if (performance.now() - toldAt < TELL_AGAIN_MS) return;
      toldAt = performance.now();
      log.warn(errorLabel(error), 'the API does not give the denylist either');
    },
  });
}

function notSaved(error: unknown, log: Logger): void {
  log.error(errorLabel(error), 'the snapshot of the denylist could not be saved');
}
