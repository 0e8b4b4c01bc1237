/**
 * The autonomous systems that machines of each large cloud send from, as their operators list them with the registries (RIPEstat and PeeringDB, 2026). Of others nobody can say that a
 * workload lives in a cloud.
 */
const CLOUDS: Readonly<Record<string, readonly number[]>> = {
  'Amazon Web Services': [16509, 14618, 8987, 7224, 39111],
  'Google Cloud': [15169, 396982, 19527, 139070],
  'Microsoft Azure': [8075, 8068, 8069, 12076],
  'Oracle Cloud': [31898],
  'Alibaba Cloud': [45102, 37963],
  'Tencent Cloud': [132203, 45090],
  'IBM Cloud': [36351],
  DigitalOcean: [14061],
  'Akamai Cloud': [63949],
  Vultr: [20473],
  OVHcloud: [16276],
  Hetzner: [24940, 213230],
  Scaleway: [12876],
};

const CLOUD_OF: ReadonlyMap<number, string> = new Map(
  Object.entries(CLOUDS).flatMap(([cloud, systems]) => systems.map((asn) => [asn, cloud] as const)),
);

/** The cloud that an autonomous system belongs to; empty of any other. */
export function cloudOf(asn: number): string {
  return CLOUD_OF.get(asn) ?? '';
}

/** One of a cloud's autonomous systems; 0 of what is none of them. */
export function cloudSystem(cloud: string): number {
  return CLOUDS[cloud]?.[0] ?? 0;
}

const OPERATOR_OF: ReadonlyMap<number, number> = new Map(
  Object.values(CLOUDS).flatMap((systems) => systems.map((asn) => [asn, systems[0] ?? asn] as const)),
);

/** Who runs an autonomous system, as a number: all of a cloud's are one operator's, since its machines move between them. */
export function operatorOf(asn: number): number {
  return OPERATOR_OF.get(asn) ?? asn;
}
