/** A started part of the product. */
export interface Running {
  /** Ends what is in progress in an orderly way. */
  stop(): Promise<void>;
  /** Whether it still does its work; one that can't say is taken to. */
  isHealthy?(): boolean;
  /** What it counts, as Prometheus scrapes it. */
  metrics?(): Promise<string>;
}
