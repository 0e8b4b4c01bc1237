/** What a detection worker did since it started, over all its partitions. */
export interface DetectionCounters {
  messages: number;
  events: number;
  /** Messages that a snapshot held already. */
  repeated: number;
  deadLetters: number;
  detectorFailures: number;
  detections: number;
  holds: number;
  holdFailures: number;
  snapshots: number;
  /** Snapshots that another worker's had overtaken. */
  ownershipLost: number;
  /** Messages read from the stream because the consumer had given them to somebody else. */
  caughtUp: number;
}

export function zeroCounters(): DetectionCounters {
  return {
    messages: 0,
    events: 0,
    repeated: 0,
    deadLetters: 0,
    detectorFailures: 0,
    detections: 0,
    holds: 0,
    holdFailures: 0,
    snapshots: 0,
    ownershipLost: 0,
    caughtUp: 0,
  };
}
