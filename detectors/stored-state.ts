import { z } from 'zod';
import { Utf8Text } from '../domain/utf8-text';
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
  // Not spread into another object: V8 (Node 20) keeps such copies until it collects everything, some 400 bytes of each subject written.
  return Object.assign(subject, { detectors: storedRows(numbers) });
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

/** A partition's JSON, of all its subjects or of some. */
export class PartitionJson {
  readonly #begin: number;

  constructor(
    private readonly text: Utf8Text,
    { subjects: _all, ...common }: PartitionState,
  ) {
    text.clear();
    text.append(`${JSON.stringify({ schema: STATE_SCHEMA, ...common }).slice(0, -1)},"subjects":{`);
    this.#begin = text.length;
  }

  /** Bytes of the subjects so far. */
  get length(): number {
    return this.text.length - this.#begin;
  }

  add(name: string, subject: SubjectState): void {
    const comma = this.length > 0 ? ',' : '';
    this.text.append(`${comma}${JSON.stringify(name)}:${JSON.stringify(storeSubject(subject))}`);
  }

  end(): void {
    this.text.append('}}');
  }
}

/** All of a partition, as `restorePartition` takes it once it is parsed. */
export function partitionJson(state: PartitionState): string {
  const text = new Utf8Text();
  const json = new PartitionJson(text, state);
  for (const [name, subject] of state.subjects) json.add(name, subject);
  json.end();
  return text.toString();
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
