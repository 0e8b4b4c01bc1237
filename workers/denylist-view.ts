import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from 'pino';
import type { DenylistAnswer } from '../domain/denylist-answer';
import type { Subject } from '../domain/subject';
import { createDenylistMap } from '../enforcement/denylist-map';
import { openDenylistLink } from './denylist-link';
import { errorLabel } from './log';

/** A denylist of the API's own, to answer gateways by that lost theirs. */
export interface DenylistView {
  /** Undefined while nobody can vouch for it: this process has lost NATS, or has not applied everything yet. */
  answer(): DenylistAnswer | undefined;
  /** Whether one of these is refused, in a lane or not; undefined while nobody can vouch for it. */
  isContained(subjects: readonly Subject[]): boolean | undefined;
  stop(): Promise<void>;
}

/** In no lane. */
const NOWHERE = '';

/** Its process starts, and does its other work, without NATS. */
export function openDenylistView(connect: () => Promise<NatsConnection>, log: Logger): DenylistView {
  const map = createDenylistMap();
  const link = openDenylistLink({
    connect,
    map,
    onApplied: () => undefined,
    onFault: ({ key, revision, cause }) =>
      log.error({ key, revision, ...errorLabel(cause) }, 'a denylist entry could not be applied (key *: the watch)'),
    onFailure: (error) => log.warn(errorLabel(error), 'the denylist in NATS can not be had yet; it is tried again'),
  });
  const freshness = link.watchFreshness((state) => {
    if (state.fresh) log.info('the denylist is fresh');
    else log.warn({ code: 'DENYLIST_STALE', why: state.why }, 'the denylist is stale: gateways get 503');
  });
  const vouchedFor = () => (freshness.state().fresh ? link.mirror() : undefined);
  return {
    answer() {
      const mirror = vouchedFor();
      if (!mirror) return undefined;
      return { bucket: mirror.bucket(), revision: mirror.appliedRevision(), entries: [...map.entries()] };
    },
    isContained: (subjects) =>
      vouchedFor() && subjects.some((subject) => map.check(subject, NOWHERE, Date.now()).refused),
    async stop() {
      freshness.stop();
      await link.stop();
    },
  };
}
