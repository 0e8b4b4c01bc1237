import { freePort } from '../../../stack/free-port';
import { latenessNow, metricsOf, zeroCounters } from '../../../workers/detection/counters';
import { serveHealth } from '../../../workers/health';

test('what a detection worker counts is there for Prometheus, as it is when it is asked', async () => {
  const counters = zeroCounters();
  const registry = metricsOf(counters);
  counters.deadLetters = 3;
  counters.partitions.set(2, { lateMs: 1_500, foldedAt: Date.now(), isShedding: true });

  const text = await registry.metrics();
  counters.deadLetters = 4;

  expect(text).toContain('tourniquet_detection_dead_letters_total 3\n');
  expect(text).toContain('tourniquet_detection_late_seconds{partition="2"} 1.5\n');
  expect(text).toContain('tourniquet_detection_shedding{partition="2"} 1\n');
  expect(await registry.metrics()).toContain('tourniquet_detection_dead_letters_total 4\n');
});

test('late is what waits, and not what waited once', () => {
  const isShedding = false;

  expect(latenessNow({ inWorkSince: 1_000, isShedding }, 21_000)).toBe(20_000);
  expect(latenessNow({ lateMs: 3_000, foldedAt: 1_000, isShedding }, 60_000)).toBe(3_000);
  expect(latenessNow({ lateMs: 3_000, foldedAt: 1_000, isShedding }, 61_000)).toBe(0);
});

test.each([
  ['tells what is counted', { metrics: () => Promise.resolve('some_total 1\n') }, 200, 'some_total 1\n'],
  ['says where nothing is', {}, 404, '{"status":"nothing is counted here"}'],
])('GET /metrics %s', async (_what, more, status, body) => {
  const port = await freePort();
  const running = await serveHealth({ TOURNIQUET_HEALTH_PORT: port }, { stop: () => Promise.resolve(), ...more });
  try {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect([response.status, await response.text()]).toEqual([status, body]);
  } finally {
    await running.stop();
  }
});
