import { longestIdle, putAway } from '../../detectors/eviction';
import { foldPartition } from '../../detectors/partition-fold';
import { emptyPartition, PARTITION_LIMITS } from '../../detectors/partition-state';
import { createLocator } from '../../workers/detection/locator';
import { ordinaryUse } from './load';

/** As by default (workers/config.ts). */
const PARTITIONS = 4;
/** Credentials that are used at the same time, each so often that its habits are learnt. */
const AT_ONCE = 1_000;

/**
 * A process of its own with nothing else in it (`node --expose-gc`): prints the bytes that one worker of a whole deployment takes when it has seen so
 * many credentials, so many uses each, and how many it holds in memory. The others would be in NATS, where nobody looks here.
 */
function main(): void {
  const [credentials, uses] = process.argv.slice(2).map(Number) as [number, number];
  const locate = createLocator();
  const empty = usedBytes();
  const partitions = Array.from({ length: PARTITIONS }, () => emptyPartition());
  for (let first = 0; first < credentials; first += AT_ONCE) {
    for (let use = 0; use < uses; use++)
      for (const [index, state] of partitions.entries()) {
        const events = [];
        for (let one = first + index; one < first + AT_ONCE; one += partitions.length)
          events.push(ordinaryUse(one + use * credentials, credentials));
        foldPartition(state, events, { locate });
      }
    for (const state of partitions) putAway(state, longestIdle(state, PARTITION_LIMITS.subjects));
  }
  const inMemory = partitions.reduce((sum, { subjects }) => sum + subjects.size, 0);
  process.stdout.write(`${JSON.stringify({ bytes: usedBytes() - empty, inMemory })}\n`);
}

function usedBytes(): number {
  global.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

main();
