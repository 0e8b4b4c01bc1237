import { Counter, Gauge, Registry } from 'prom-client';

/** What a detection worker did since it started, over all its partitions. */
const ABOUT = {
  messages: 'Messages of the usage stream that were folded',
  events: 'Usage events that were folded',
  repeated: 'Messages that a snapshot held already',
  deadLetters: 'Parts of messages that went to the dead letters',
  detectorFailures: 'Detectors that threw',
  detections: 'Detections that were stored',
  holds: 'Holds that were written',
  holdFailures: 'Holds that could not be written',
  snapshots: 'Snapshots that were written',
  ownershipLost: "Snapshots that another worker's had overtaken",
  caughtUp: 'Messages read from the stream because the consumer had given them to somebody else',
  evicted: 'Subjects that were put beside the snapshot, being idle longest',
  woken: 'Subjects that came back from there',
  sheddings: 'Times that a partition was told to shed learning',
} as const;

export type DetectionCounters = Record<keyof typeof ABOUT, number> & {
  /** By partition that is this worker's. */
  readonly partitions: Map<number, PartitionPace>;
};

/** How a partition keeps up; times are milliseconds since the epoch. */
export type PartitionPace = { readonly isShedding: boolean } & (
  | /** The message in work, by when the stream stored it. */ { readonly inWorkSince: number }
  | /** Of the last message: how late it was folded, and when. */ { readonly lateMs: number; readonly foldedAt: number }
);

/** What was late a minute ago says nothing of now. */
const TOLD_MS = 60_000;

/** Milliseconds: of a message that does not come to its end it is how long it waits. */
export function latenessNow(pace: PartitionPace, now: number): number {
  if ('inWorkSince' in pace) return Math.max(0, now - pace.inWorkSince);
  return now - pace.foldedAt < TOLD_MS ? pace.lateMs : 0;
}

export function zeroCounters(): DetectionCounters {
  const zeros = Object.fromEntries(Object.keys(ABOUT).map((name) => [name, 0])) as Record<keyof typeof ABOUT, number>;
  return { ...zeros, partitions: new Map() };
}

/** The counters as Prometheus scrapes them, read when they are asked for. */
export function metricsOf(counters: DetectionCounters): Registry {
  const registry = new Registry();
  for (const [name, help] of Object.entries(ABOUT)) {
    new Counter({
      name: `tourniquet_detection_${snakeCase(name)}_total`,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(counters[name as keyof typeof ABOUT]);
      },
    });
  }
  const late = 'How late the last message was folded, or how long the one in work has waited';
  addGauge(registry, counters, 'late_seconds', late, (pace) => latenessNow(pace, Date.now()) / 1000);
  addGauge(registry, counters, 'shedding', '1 while a partition sheds learning', ({ isShedding }) =>
    Number(isShedding),
  );
  return registry;
}

function addGauge(
  registry: Registry,
  { partitions }: DetectionCounters,
  name: string,
  help: string,
  read: (pace: PartitionPace) => number,
): void {
  new Gauge({
    name: `tourniquet_detection_${name}`,
    help,
    labelNames: ['partition'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [partition, state] of partitions) this.set({ partition }, read(state));
    },
  });
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
