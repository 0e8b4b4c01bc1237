import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager, type JsMsg } from '@nats-io/jetstream';
import type { Logger } from 'pino';
import { openDatabase } from '../../activities/store/database';
import { createDeliveryLog } from '../../activities/store/delivery-log';
import { createInventory } from '../../activities/store/inventory';
import { incidentId, recordOf } from '../../domain/credential';
import { detectionMessage, type DetectionMessage } from '../../domain/detection';
import { IncidentError, isRetryable } from '../../domain/errors';
import { openBucket } from '../../enforcement/buckets';
import { mirrorInventory } from '../../enforcement/inventory-kv';
import { readSecretFile, type Config } from '../config';
import { publishDeadLetter } from '../detection/dead-letter';
import { ensureStreams } from '../detection/streams';
import { connectNats } from '../nats';
import { readPolicy } from '../policy-file';
import type { Running } from '../running';
import { createTemporalClient } from '../temporal';
import { DetectionLines } from './detection-lines';
import { Newcomers } from './newcomers';
import { dispatch, type DispatcherParts } from './dispatcher';
import { nameOf } from '../../domain/name-of';

/** Longer than the coalescing delay and a slow Temporal call together; a message not acknowledged by then comes again. */
const ACK_WAIT_NS = 30 * 1e9;
const RETRY_MS = 1_000;

interface Pending {
  readonly message: JsMsg;
  readonly content: DetectionMessage;
}

/** Starts incidents from the `detections` stream. A message is acknowledged only when Temporal has accepted it. */
export async function startDispatcher(config: Config<'dispatcher'>, log: Logger): Promise<Running> {
  const { policy } = readPolicy(config.TOURNIQUET_POLICY_FILE);
  const nats = await connectNats(config, 'dispatcher');
  const manager = await jetstreamManager(nats);
  await ensureStreams(manager, { partitions: config.TOURNIQUET_PARTITIONS });
  const database = openDatabase(readSecretFile(config.TOURNIQUET_DATABASE_URL_FILE), {
    applicationName: 'tourniquet-dispatcher',
    max: 4,
  });
  const inventory = await mirrorInventory(await openBucket(nats, 'inventory'), (key) =>
    log.error({ key }, 'an inventory record could not be read'),
  );
  const temporal = createTemporalClient(config);
  const truth = createInventory(database);
  const parts: DispatcherParts = {
    client: temporal.client,
    taskQueue: config.TOURNIQUET_TASK_QUEUE,
    policy,
    inventory,
    async registered(subject) {
      const version = await truth.findBySubject(subject);
      return version && recordOf(subject, await truth.credential(version.credentialId), version);
    },
    deliveries: createDeliveryLog(database),
    newcomers: new Newcomers(),
    log,
  };

  await manager.consumers.add('DETECTIONS', {
    durable_name: 'dispatcher',
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    ack_wait: ACK_WAIT_NS,
    max_ack_pending: 1_000,
  });
  const consumer = await jetstream(nats).consumers.get('DETECTIONS', 'dispatcher');
  const messages = await consumer.consume({ max_messages: 200 });

  const inProgress = new Set<Promise<unknown>>();
  const lines = new DetectionLines<Pending>(
    ({ content }) => content.assessment.severity,
    (_line, [first, ...rest], sated) => track(settle(first, rest, sated)).then((told) => told === true),
  );

  function receive(message: JsMsg): void {
    const parsed = detectionMessage.safeParse(readJson(message));
    if (parsed.success) return lines.add(lineOf(parsed.data), { message, content: parsed.data });
    void track(refuse(message, new IncidentError('DETECTION_MALFORMED', { issue: parsed.error.issues[0]?.message })));
  }

  /** Whether an incident was told. */
  async function settle(first: Pending, rest: readonly Pending[], sated: boolean): Promise<boolean> {
    const all = [first, ...rest];
    try {
      const result = sated
        ? await recordSated(all)
        : await dispatch(parts, [first.content, ...rest.map(({ content }) => content)]);
      for (const { message } of all) message.ack();
      return result === 'joined';
    } catch (error) {
      if (error instanceof IncidentError && !isRetryable(error.code)) {
        for (const { message } of all) await refuse(message, error);
        return false;
      }
      log.warn({ error: nameOf(error), count: all.length }, 'not dispatched yet; tried again');
      for (const { message } of all) message.nak(RETRY_MS);
      return false;
    }
  }

  /** Its incident has heard enough of the same: it is on record, and sent no more. */
  async function recordSated(all: readonly Pending[]): Promise<'recorded'> {
    const line = lineOf(all[0]!.content);
    await parts.deliveries.markHandled(
      all.map(({ content }) => content.detection.id),
      line,
    );
    log.info({ line, count: all.length }, 'recorded only: the incident has heard enough of the same');
    return 'recorded';
  }

  async function refuse(message: JsMsg, error: IncidentError): Promise<void> {
    await publishDeadLetter(nats, { stream: 'detections', message, error });
    log.error({ code: error.code, sequence: message.seq }, 'a detection went to the dead letters');
    message.term(error.code);
  }

  function lineOf(content: DetectionMessage): string {
    const record = inventory.lookup(content.detection.subject);
    return record ? incidentId(record.credentialId, record.version) : content.detection.subject;
  }

  function track<T>(work: Promise<T>): Promise<T | void> {
    const tracked = work.catch((error: unknown) =>
      log.error({ error: nameOf(error) }, 'a detection could not be settled; it comes again'),
    );
    inProgress.add(tracked);
    void tracked.finally(() => inProgress.delete(tracked));
    return tracked;
  }

  const reading = (async () => {
    for await (const message of messages) receive(message);
  })();

  return {
    isHealthy: () => !nats.isClosed(),
    async stop() {
      await messages.close();
      await reading;
      lines.flushAll();
      await Promise.all(inProgress);
      inventory.stop();
      await nats.drain();
      await temporal.close();
      await database.end();
    },
  };
}

function readJson(message: JsMsg): unknown {
  try {
    return message.json();
  } catch {
    return undefined;
  }
}
