import { mapperOf } from '../../../../detectors/sources/registry';
import { madeUpTheft } from '../../../support/recorded-theft';
import { OWN_RULES } from '../../../support/own-rules';

const map = mapperOf('cloudtrail', OWN_RULES);
const record = { ...madeUpTheft()[0], eventSource: 'cloudtrail.amazonaws.com', eventName: 'StopLogging' };
const itself = map(record);

test.each([
  ['EventBridge', { version: '0', 'detail-type': 'AWS API Call via CloudTrail', source: 'aws.s3', detail: record }],
  ['lookup-events', { EventId: 'x', EventName: 'StopLogging', CloudTrailEvent: JSON.stringify(record) }],
])('a record is the same as %s hands it on, to rules too', (_envelope, value) => {
  expect(itself).toMatchObject({ kind: 'event', event: { rules: [{ title: 'Audit logging is stopped' }] } });
  expect(map(value)).toEqual(itself);
});

test.each([{ 'detail-type': 'x', detail: null }, { CloudTrailEvent: 'no JSON' }, { CloudTrailEvent: 7 }])(
  'what is no envelope makes nothing throw',
  (value) => {
    expect(map(value).kind).toBe('malformed');
  },
);
