import { setTimeout as delay } from 'node:timers/promises';
import type { JetStreamClient } from '@nats-io/jetstream';
import { eventually } from '../../support/eventually';
import { PartitionLane } from '../../../workers/sources/partition-lane';

/** Between the end of a sending and its settling there are a few turns of the microtask queue. */
test.each(Array.from({ length: 10 }, (_, turns) => turns))(
  'what comes %i turns after a message was stored is sent by itself',
  async (turns) => {
    const stored: string[] = [];
    let published = 0;
    const event = (id: string) => ({ id, json: '{}', bytes: 2, settle: () => void stored.push(id) });
    const publish = () => {
      published += 1;
      const answer = delay(5);
      if (published === 1)
        void answer.then(async () => {
          for (let turn = 0; turn < turns; turn++) await Promise.resolve();
          lane.push(event('second'));
        });
      return answer;
    };
    const lane: PartitionLane = new PartitionLane(
      { publish } as unknown as JetStreamClient,
      'usage.0',
      new AbortController().signal,
    );

    lane.push(event('first'));

    expect(
      await eventually(
        () => stored,
        ({ length }) => length === 2,
        4_000,
      ),
    ).toEqual(['first', 'second']);
  },
);
