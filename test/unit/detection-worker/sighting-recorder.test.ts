import { pino } from 'pino';
import type { InventoryRecord } from '../../../domain/credential';
import { addUses, type ContextUse } from '../../../domain/sighting';
import { publicIdSubject, type Subject } from '../../../domain/subject';
import { sampleUse } from '../../../detectors/sample-life';
import { createSightingRecorder } from '../../../workers/detection/sighting-recorder';

const [OLD, NEW, OTHER] = ['old', 'new', 'other'].map((name) => publicIdSubject('test', name)) as [
  Subject,
  Subject,
  Subject,
];
const recordOf = (subject: Subject): InventoryRecord =>
  ({
    subject,
    credentialId: subject === OTHER ? 'at-peace' : 'leaked',
    knownContexts: [{ id: 'office', networks: ['192.0.2.0/24'] }],
  }) as unknown as InventoryRecord;
const RECORDS = new Map([OLD, NEW, OTHER].map((subject) => [subject, recordOf(subject)]));

function recorder() {
  const stored = new Map<Subject, readonly ContextUse[]>();
  const state = { writes: 0, broken: false };
  const sightings = createSightingRecorder({
    inventory: { lookup: (subject) => RECORDS.get(subject), isContained: (id) => id === 'leaked' },
    store(subject, uses) {
      if (state.broken) return Promise.reject(new Error('away'));
      state.writes += 1;
      stored.set(subject, addUses(stored.get(subject) ?? [], uses));
      return Promise.resolve();
    },
    log: pino({ level: 'silent' }),
  });
  return { sightings, stored, state };
}

describe('the recorder of sightings', () => {
  beforeEach(() => jest.useFakeTimers({ now: 0, doNotFake: ['nextTick', 'setImmediate'] }));
  afterEach(() => jest.useRealTimers());

  it('keeps who uses any version of a credential with an open incident, by known context, and nobody else', async () => {
    const { sightings, stored } = recorder();

    sightings.see(sampleUse({ afterMs: 1, subject: OLD, outcome: 'contained', address: '203.0.113.30' }));
    sightings.see(sampleUse({ afterMs: 2, subject: NEW }));
    sightings.see(sampleUse({ afterMs: 3, subject: NEW, probe: 'verify' }));
    sightings.see(sampleUse({ afterMs: 4, subject: OTHER }));
    sightings.see(sampleUse({ afterMs: 5, subject: publicIdSubject('test', 'nobody') }));
    await jest.advanceTimersByTimeAsync(100);

    expect(
      [...stored].map(([subject, uses]) => [subject, uses.map((use) => [use.context, use.accepted, use.failed])]),
    ).toEqual([
      [OLD, [['elsewhere', 0, 1]]],
      [NEW, [['office', 1, 0]]],
    ]);
  });

  it('writes about once a second and subject, the first soon', async () => {
    const { sightings, stored, state } = recorder();
    const writes: number[] = [];

    for (let ms = 0; ms < 5_000; ms += 10) {
      sightings.see(sampleUse({ afterMs: ms, subject: OLD }));
      await jest.advanceTimersByTimeAsync(10);
      writes.push(state.writes);
    }
    await sightings.stop();

    expect([writes[9], stored.get(OLD)?.[0]?.accepted]).toEqual([1, 500]);
    expect(state.writes).toBeLessThanOrEqual(7);
  });

  it('loses nothing while the bucket is away, and tries again by itself', async () => {
    const { sightings, stored, state } = recorder();
    state.broken = true;
    for (const afterMs of [0, 1]) sightings.see(sampleUse({ afterMs, subject: OLD }));
    await jest.advanceTimersByTimeAsync(2_500);
    sightings.see(sampleUse({ afterMs: 2, subject: OLD }));

    state.broken = false;
    await jest.advanceTimersByTimeAsync(1_500);

    expect(stored.get(OLD)?.[0]?.accepted).toBe(3);
  });
});
