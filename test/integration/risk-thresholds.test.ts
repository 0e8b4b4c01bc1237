import type { DetectionMessage } from '../../domain/detection';
import { DEFAULT_RISK, type RiskThresholds } from '../../domain/risk';
import { publicIdSubject } from '../../domain/subject';
import type { PartitionEvent, UsageEvent } from '../../domain/usage-event';
import { SAMPLE_START, sampleUse, steadyLife } from '../../detectors/sample-life';
import type { Detection } from '../../workers/detection/start-detection';
import { DETECTIONS_STREAM, USAGE_STREAM } from '../../workers/detection/streams';
import { startSampleDetection } from '../support/detection-worker';
import { eventually } from '../support/eventually';
import { onePartition } from '../support/one-partition';
import { publishUsage } from '../support/publish-usage';

const SURER = { ...DEFAULT_RISK, confident: 0.95, harmful: 0.99 };

const server = onePartition();

function start(risk: RiskThresholds): Promise<Detection> {
  return startSampleDetection(server.nats, { risk });
}

async function confidenceToAct(): Promise<readonly number[]> {
  const stored = await server.messagesIn(USAGE_STREAM);
  const events = stored.flatMap((message) => message.json<{ readonly events: readonly PartitionEvent[] }>().events);
  return events.flatMap((event) => (event.kind === 'risk' ? [event.thresholds.confident] : []));
}

/** A credential of its own that is used from elsewhere: 0.9 sure, by two families. */
function stolen(name: string): readonly UsageEvent[] {
  const subject = publicIdSubject('sample', name);
  const stranger = sampleUse({ subject, afterMs: 7_000, address: '198.51.100.20', mark: name });
  return [...steadyLife({ subject, count: 60, everyMs: 100, mark: name }), stranger];
}

async function gravestOf(name: string): Promise<string | undefined> {
  const stored = await server.messagesIn(DETECTIONS_STREAM);
  const messages = stored.map((message) => message.json<DetectionMessage>());
  return messages.findLast(
    ({ detection: { detector, subject } }) => detector === 'impossible-travel' && subject.endsWith(name),
  )?.assessment.severity;
}

const anyUse = (name: string) => ({ ...sampleUse({ afterMs: 0, mark: name }), at: SAMPLE_START });
const severityOf = (name: string) =>
  eventually(
    () => gravestOf(name),
    (severity) => severity !== undefined,
  );

test('a worker that is begun with another policy has its partition weigh by that, and keeps what it weighed before', async () => {
  const before = await start(DEFAULT_RISK);
  await publishUsage(server.nats, 1, [stolen('before')]);
  expect(await severityOf('before')).toBe('high');
  await before.stop();
  expect(await confidenceToAct()).toEqual([]);

  const after = await start(SURER);
  await publishUsage(server.nats, 1, [[anyUse('first')]]);
  await eventually(confidenceToAct, (told) => told.length === 1);
  await publishUsage(server.nats, 1, [stolen('after')]);
  expect(await severityOf('after')).toBe('medium');
  await after.stop();

  const again = await start(SURER);
  await publishUsage(server.nats, 1, [stolen('again')]);
  expect(await severityOf('again')).toBe('medium');
  await again.stop();
  expect(await confidenceToAct()).toEqual([SURER.confident]);
});
