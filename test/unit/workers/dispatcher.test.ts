import type { Client } from '@temporalio/client';
import pino from 'pino';
import { recordOf } from '../../../domain/credential';
import type { DetectionMessage } from '../../../domain/detection';
import { DEFAULT_POLICY } from '../../../domain/policy';
import { dispatch, type DispatcherParts } from '../../../workers/dispatcher/dispatcher';
import { Newcomers } from '../../../workers/dispatcher/newcomers';
import { sampleAssessment, sampleCredential, sampleDetection, sampleVersion } from '../../support/fake-activities';

const version = sampleVersion();
const subject = version.subjects[0]!;

function message(id: string, eventIds: string[]): DetectionMessage {
  return { detection: sampleDetection({ id, subject, eventIds }), assessment: sampleAssessment() };
}

test('an incident is started with the events of all detections, and told of them', async () => {
  const asked: unknown[] = [];
  const client = {
    workflow: {
      signalWithStart: (_type: string, options: { args: readonly unknown[]; signalArgs: readonly unknown[] }) => {
        asked.push(...options.args, ...options.signalArgs);
        return Promise.resolve({ signaledRunId: 'run' });
      },
    },
  } as unknown as Client;
  const parts: DispatcherParts = {
    client,
    taskQueue: 'queue',
    policy: DEFAULT_POLICY,
    inventory: { lookup: () => recordOf(subject, sampleCredential(), version) },
    registered: () => Promise.resolve(undefined),
    deliveries: {
      wasSent: () => Promise.resolve(false),
      markSent: () => Promise.resolve(),
      unhandled: (ids) => Promise.resolve(ids),
      markHandled: () => Promise.resolve(),
    },
    newcomers: new Newcomers(),
    log: pino({ level: 'silent' }),
  };

  await dispatch(parts, [message('first', ['a', 'b']), message('second', ['b', 'c'])]);

  const assessment = sampleAssessment({ eventIds: ['a', 'b', 'c'], gravestEventId: 'b' });
  expect(asked).toEqual([expect.objectContaining({ assessment }), expect.objectContaining({ assessment, count: 2 })]);
});
