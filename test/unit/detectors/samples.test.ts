import { detectionMessage } from '../../../domain/detection';
import { DETECTORS } from '../../../detectors/registry';
import { foldPartition } from '../../../detectors/partition-fold';
import { emptyPartition } from '../../../detectors/partition-state';
import { askIn, foldSample, idsOf, locateIn, throughSnapshot, type Message } from './folding';

/** Of a sample of days: each takes as long as the whole state is large. */
const MOST_SNAPSHOTS = 100;

describe.each(DETECTORS.map((detector) => [detector.id, detector] as const))('%s', (id, detector) => {
  const { positives, nearMisses } = detector.samples();
  const speaks = (messages: readonly Message[]) => messages.some((message) => message.detection.detector === id);

  test.each(positives.map((sample) => [sample.title, sample] as const))('speaks: %s', (_title, sample) => {
    const { messages, failures } = foldSample(sample, [detector]);

    expect(speaks(messages)).toBe(true);
    expect(failures).toEqual([]);
    for (const message of messages) expect(detectionMessage.safeParse(message).error).toBeUndefined();
  });

  test.each(positives.map((sample) => [sample.title, sample] as const))('speaks among all: %s', (_title, sample) => {
    expect(speaks(foldSample(sample).messages)).toBe(true);
  });

  test.each(nearMisses.map((sample) => [sample.title, sample] as const))('is silent: %s', (_title, sample) => {
    expect(speaks(foldSample(sample, [detector]).messages)).toBe(false);
    expect(speaks(foldSample(sample).messages)).toBe(false);
  });

  test.each([...positives, ...nearMisses].map((sample) => [sample.title, sample] as const))(
    'keeps its state in plain JSON: %s',
    (_title, sample) => {
      const options = { locate: locateIn(sample.places), askList: askIn(sample.listed), detectors: [detector] };
      let state = emptyPartition();
      const messages = sample.events.flatMap((event, index) => {
        const isLookedAt = index % Math.ceil(sample.events.length / MOST_SNAPSHOTS) === 0;
        const result = foldPartition(isLookedAt ? throughSnapshot(state) : state, [event], options);
        state = result.state;
        if (isLookedAt) expect(throughSnapshot(state)).toEqual(state);
        return result.messages;
      });

      expect(idsOf(messages)).toEqual(idsOf(foldSample(sample, [detector]).messages));
    },
  );

  test('does not change the state it is given', () => {
    const sample = positives[0];
    const events = sample?.events ?? [];
    const frozen = { ...detector, initial: () => deepFreeze(detector.initial()) };

    const result = foldPartition(emptyPartition(), events, {
      locate: locateIn(sample?.places ?? {}),
      askList: askIn(sample?.listed),
      detectors: [{ ...frozen, reduce: (state, event, facts) => freezeState(detector.reduce(state, event, facts)) }],
    });

    expect(result.failures).toEqual([]);
    expect(speaks(result.messages)).toBe(true);
  });
});

function freezeState<T extends { state: unknown }>(reduction: T): T {
  deepFreeze(reduction.state);
  return reduction;
}

function deepFreeze(value: unknown): unknown {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
