import { publicIdSubject } from '../../../domain/subject';
import type { UsageEvent } from '../../../domain/usage-event';
import type { Place } from '../../../detectors/located-event';

/**
 * Two weeks of two credentials, and a day on which much happens to them: what `stored-snapshots/` was made of, so nothing in here may change. Numbers that
 * look like chance, the same each time (a linear congruential generator).
 */
const START = Date.UTC(2026, 0, 5);
const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;

export const RECORDED_PLACES: Readonly<Record<string, Place>> = Object.fromEntries(
  Array.from({ length: 40 }, (_, index) => [
    `192.0.2.${index}`,
    {
      network: `n${Math.floor(index / 2)}`,
      country: ['DE', 'DE', 'FR', 'BR', 'US'][index % 5] ?? '',
      asn: [16_509, 16_509, 3_320, 24_940][index % 4] ?? 0,
    },
  ]),
);

const SUBJECTS = [publicIdSubject('sample', 'service'), publicIdSubject('sample', 'person')] as const;
const ACTIONS = ['GET /orders', 'GET /orders/*', 'POST /orders', 'iam:ListUsers', 's3:GetObject', 'GET /me'] as const;

function chances(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff) / 0x7fffffff;
}

function use(id: string, minutes: number, chance: () => number, of: 0 | 1): UsageEvent {
  return {
    kind: 'usage',
    id,
    at: START + Math.round(minutes * MINUTE_MS),
    subject: SUBJECTS[of],
    source: 'sample',
    principalKind: of === 0 ? 'workload' : 'person',
    client: { address: `192.0.2.${of === 0 ? Math.floor(chance() * 2) : 5}`, agent: of === 0 ? 'svc/1.4' : 'curl/8.1' },
    action: { kind: 'read', name: ACTIONS[Math.floor(chance() * (of === 0 ? 4 : 6))] ?? '' },
    outcome: chance() < 0.01 ? 'authorization' : 'accepted',
    bytes: Math.floor(chance() * 30_000),
  };
}

/** What both are used for, day after day, from eight in the morning for ten hours. */
export function recordedBefore(): readonly UsageEvent[] {
  const chance = chances(7);
  return Array.from({ length: 14 }, (_, day) =>
    Array.from({ length: 400 }, (_use, index) => {
      const minutes = day * DAY_MINUTES + 480 + index * 1.5;
      return use(`before-${day}-${index}`, minutes, chance, index % 4 === 0 ? 1 : 0);
    }),
  ).flat();
}

/** A morning as ever; then strangers, a tour, a flood, a download, and somebody at night. */
export function recordedAfter(): readonly UsageEvent[] {
  const chance = chances(99);
  const day = 14 * DAY_MINUTES;
  const many = (name: string, count: number, from: number, everyMs: number, change: (index: number) => object) =>
    Array.from({ length: count }, (_, index) => ({
      ...use(`${name}-${index}`, day + from + (index * everyMs) / MINUTE_MS, chance, 0),
      ...change(index),
    }));
  return [
    ...many('morning', 100, 480, 90_000, () => ({})),
    ...many('flood', 120, 635, 20, () => ({ action: { kind: 'read', name: 'GET /orders' } })),
    ...many('stranger', 6, 640, 1_000, (index) => ({ client: { address: `192.0.2.${8 + index}`, agent: 'psql' } })),
    ...many('tour', 12, 660, 400, (index) => ({
      action: { kind: 'admin', name: `GET /admin/${'abcdefghijkl'[index]}` },
    })),
    ...many('download', 8, 700, 5_000, () => ({ bytes: 9_000_000 })),
    ...many('refused', 15, 720, 900, (index) => ({
      outcome: 'authorization',
      action: { kind: 'read', name: `GET /r/${'abcdef'[index % 6]}` },
    })),
    ...many('night', 20, 1_440 + 120, 20_000, () => ({})),
  ];
}
