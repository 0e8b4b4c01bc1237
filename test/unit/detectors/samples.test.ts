import { detectionMessage } from '../../../domain/detection';
import type { Detector } from '../../../detectors/detector';
import { DETECTORS } from '../../../detectors/registry';
import { foldPartition } from '../../../detectors/partition-fold';
import { emptyPartition } from '../../../detectors/partition-state';
import { partitionJson } from '../../../detectors/stored-state';
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
    'is as before after a snapshot: %s',
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

  test('judges without a change to what is remembered', () => {
    const sample = positives[0];
    let state = emptyPartition();
    const judge: Detector['judge'] = (...asked) => {
      const before = partitionJson(state);
      const found = detector.judge(...asked);
      expect(partitionJson(state)).toBe(before);
      return found;
    };
    const options = {
      locate: locateIn(sample?.places ?? {}),
      askList: askIn(sample?.listed),
      detectors: [{ ...detector, judge }],
    };
    const messages = (sample?.events ?? []).flatMap((event) => {
      const result = foldPartition(state, [event], options);
      state = result.state;
      expect(result.failures).toEqual([]);
      return result.messages;
    });

    expect(speaks(messages)).toBe(true);
  });
});
