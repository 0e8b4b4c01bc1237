import { z } from 'zod';
import { subjectFromSchema1 } from './from-schema-1';
import { emptySubject, type PartitionState, type SubjectState } from './partition-state';
// Every detector must have its rows before any is read.
import './registry';
import { numbersOf, storedRows } from './rows';

/** Raised when a stored state can no longer be read as what it was; one of the schema before is read all the same. */
export const STATE_SCHEMA = 2;

/** What is remembered of a subject, as a snapshot holds it. */
export const storedSubject = z.looseObject({
  lastAt: z.number(),
  detectors: z.record(z.string(), z.unknown()),
});

export type StoredSubject = z.infer<typeof storedSubject>;

export const storedSchema = z.union([z.literal(1), z.literal(STATE_SCHEMA)]);

const storedPartition = z.looseObject({
  schema: storedSchema,
  clock: z.number(),
  subjects: z.record(z.string(), storedSubject),
});

/** Plain JSON, which any version reads. */
export function storeSubject({ seed: _ofItsName, numbers, ...subject }: SubjectState): StoredSubject {
  return { ...subject, detectors: storedRows(numbers) };
}

export function restoreSubject(
  name: string,
  stored: StoredSubject,
  schema: z.infer<typeof storedSchema>,
): SubjectState {
  const empty = emptySubject(name);
  const { detectors, ...subject } = schema === STATE_SCHEMA ? stored : subjectFromSchema1(stored, empty.seed);
  return { ...empty, ...subject, numbers: numbersOf(detectors) };
}

/** A subject's entry in the JSON of a partition. */
export function storedEntry(name: string, subject: SubjectState): string {
  return `${JSON.stringify(name)}:${JSON.stringify(storeSubject(subject))}`;
}

/** A partition's JSON, of all its subjects or of some. */
export function storePartition({ subjects: _all, ...common }: PartitionState, entries: readonly string[]): string {
  const head = JSON.stringify({ schema: STATE_SCHEMA, ...common });
  return `${head.slice(0, -1)},"subjects":{${entries.join(',')}}}`;
}

/** A stored state, or undefined when it is of a schema that this version does not know: then the partition is learnt anew. */
export function restorePartition(stored: unknown): PartitionState | undefined {
  const parsed = storedPartition.safeParse(stored);
  if (!parsed.success) return undefined;
  // Until schema 2 the number of subjects stood there.
  const { schema, subjects, size: _counted, ...common } = parsed.data;
  const restored = Object.entries(subjects).map(
    ([name, subject]) => [name, restoreSubject(name, subject, schema)] as const,
  );
  return { ...common, subjects: new Map(restored) };
}
