import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { publicIdSubject } from '../../../domain/subject';
import type { PartitionEvent, StreamEvent } from '../../../domain/usage-event';
import { foldPartition } from '../../../detectors/partition-fold';
import { emptyPartition } from '../../../detectors/partition-state';
import { SAMPLE_PLACES, SAMPLE_SUBJECT, sampleControl, sampleUse, steadyLife } from '../../../detectors/sample-life';
import { MOST_MOVING } from '../../../workers/detection/outbox';
import { locateIn } from '../detectors/folding';
import { meaningOf } from '../detectors/killable-worker';
import { KillableFolder, STORED_AT } from './killable-folder';

const RUNS = { numRuns: 150 };

/** The sample's own life, and some of which nothing is known. */
const SUBJECTS = [
  SAMPLE_SUBJECT,
  ...Array.from({ length: 7 }, (_, index) => publicIdSubject('sample', `folded-${index}`)),
];
const life = steadyLife({ count: 60, everyMs: 100 }).map((use): StreamEvent => use);

/** Uses of several credentials, sessions of others among them; each that is stolen, or listed, is told of. */
const anyEvent: fc.Arbitrary<StreamEvent> = fc
  .record({
    afterMs: fc.integer({ min: 7_000, max: 600_000 }),
    address: fc.constantFrom('', ...Object.keys(SAMPLE_PLACES)),
    agent: fc.constantFrom('orders-api/1', 'sqlmap/1.7'),
    subject: fc.constantFrom(...SUBJECTS),
    principal: fc.constantFrom(...SUBJECTS),
    mark: fc.nat().map(String),
    listed: fc.option(fc.constantFrom('honeytoken' as const, 'leaked' as const, 'none' as const), { freq: 2 }),
  })
  .map(({ listed, subject, principal, ...use }) =>
    listed
      ? { ...sampleControl(use.afterMs, listed), id: `c-${use.mark}`, subject }
      : { ...sampleUse({ ...use, subject }), ...(principal === subject ? {} : { principal }) },
  );

const anyMessages = fc
  .array(fc.array(anyEvent, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 50 })
  .map((messages): readonly (readonly PartitionEvent[])[] => [life, ...messages]);

const anyStep = fc.record({
  folds: fc.nat(4),
  tells: fc.nat(3),
  saves: fc.boolean(),
  dies: fc.constantFrom('no' as const, 'no' as const, 'no' as const, 'yes' as const, 'unanswered' as const),
});

function whole(messages: readonly (readonly PartitionEvent[])[]) {
  const options = { locate: locateIn(SAMPLE_PLACES), storedAt: STORED_AT };
  return foldPartition(emptyPartition(), messages.flat(), options);
}

const use = (name: string, index: number): readonly PartitionEvent[] => {
  const subject = publicIdSubject('sample', name);
  return [
    { ...sampleControl(index, 'honeytoken'), id: `c-${name}`, subject },
    sampleUse({ afterMs: index + 1, subject, mark: name }),
  ];
};
const thefts = (count: number) => Array.from({ length: count }, (_, index) => use(`stolen-${index}`, index));

test('under any schedule of kills, saves and slow stores the same detections are stored, and the same state', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyMessages,
      fc.array(anyStep, { minLength: 1, maxLength: 40 }),
      fc.constantFrom(1, 2, 4, 100),
      async (messages, steps, subjectsInMemory) => {
        const worker = new KillableFolder(messages, subjectsInMemory);
        await worker.start();
        for (const { folds, tells, saves, dies } of steps) {
          await worker.fold(folds);
          if (saves) await worker.save();
          await worker.tell(tells);
          if (dies === 'no') continue;
          await worker.kill({ unanswered: dies === 'unanswered' });
          await worker.start();
        }
        await worker.fold(Infinity);
        await worker.tell(Infinity);
        while (worker.folder.saved < worker.folder.folded) await worker.save();
        await worker.kill();

        const { messages: expected, state } = whole(messages);
        expect(worker.told).toEqual(new Map(expected.map((message) => [message.detection.id, message])));
        expect(meaningOf((await worker.stored()) ?? emptyPartition())).toEqual(meaningOf(state));
      },
    ),
    RUNS,
  );
});

test('while detections never cease to wait, snapshots are written all the same', async () => {
  const worker = new KillableFolder(thefts(200));
  await worker.start();
  await worker.fold(20);

  const saved: number[] = [];
  for (let turn = 0; turn < 180; turn++) {
    await worker.save();
    await worker.fold(1);
    await worker.tell(1);
    expect(worker.isSending).toBe(true);
    saved.push(worker.folder.saved);
  }
  await worker.kill();

  expect(worker.counters.snapshots).toBeGreaterThan(5);
  expect(200 - (saved.at(-1) ?? 0)).toBeLessThanOrEqual(2 * 20 + 1);
});

test('no snapshot holds what was not told', async () => {
  const worker = new KillableFolder(thefts(10));
  await worker.start();
  await worker.fold(4);
  await worker.save();
  await worker.fold(6);

  await worker.tell(3);
  const before = worker.folder.saved;
  await worker.tell(1);
  await worker.kill();

  expect([before, worker.folder.saved]).toEqual([0, 4]);
});

test('a snapshot that waits is let go when it must be looked whose the partition is', async () => {
  const worker = new KillableFolder(thefts(4));
  await worker.start();
  await worker.fold(2);
  await worker.save();

  await worker.folder.refresh();
  await worker.tell(2);
  const saved = [worker.folder.saved];
  await worker.save();
  saved.push(worker.folder.saved);
  await worker.kill();

  expect(saved).toEqual([0, 2]);
});

test('who is put away has no detection that waits; the others go', async () => {
  const quiet = Array.from({ length: 6 }, (_, index): readonly PartitionEvent[] => [
    sampleUse({ afterMs: index, subject: publicIdSubject('sample', `quiet-${index}`) }),
  ]);
  const worker = new KillableFolder([...quiet, ...thefts(6)], 5);
  await worker.start();

  await worker.fold(12);
  const evicted = worker.counters.evicted;
  await worker.kill();

  expect(evicted).toBe(6);
});

test('a stop while there is no room ends the fold at once, and what was folded is saved', async () => {
  const worker = new KillableFolder(thefts(MOST_MOVING + 5));
  await worker.start();
  const folding = worker.fold(Infinity);
  while (worker.folder.folded < MOST_MOVING) await setTimeout(20);
  const begin = performance.now();
  worker.stop();

  await expect(folding).rejects.toThrow('aborted');
  expect(performance.now() - begin).toBeLessThan(500);
  await worker.tell(Infinity);
  // In several chunks.
  while (worker.folder.saved < worker.folder.folded) await worker.save();

  expect([worker.folder.folded, worker.folder.saved]).toEqual([MOST_MOVING, MOST_MOVING]);
  await worker.kill();
});
