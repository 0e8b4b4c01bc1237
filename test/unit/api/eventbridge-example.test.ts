import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { leakReportBody } from '../../../api/leak-report-routes';

const EXAMPLE = join(__dirname, '../../../docs/examples/eventbridge-aws-health.json');

/** Of an event of AWS Health, what the example goes by; made up. */
const EVENT = {
  source: 'aws.health',
  detail: {
    service: 'RISK',
    eventTypeCode: 'AWS_RISK_CREDENTIALS_EXPOSED',
    affectedEntities: [{ entityValue: 'AKIAMADEUPMADEUP0000' }],
  },
};

interface Rule {
  readonly EventPattern: { readonly source: readonly string[]; readonly detail: Record<string, readonly string[]> };
  readonly InputTransformer: { readonly InputPathsMap: Record<string, string>; readonly InputTemplate: string };
}

function valueAt(path: string): string {
  const steps = path.match(/[^$.[\]]+/g) ?? [];
  return String(steps.reduce<unknown>((value, step) => (value as Record<string, unknown>)[step], EVENT));
}

it('makes a leak report of what AWS Health says', () => {
  const { EventPattern, InputTransformer } = JSON.parse(readFileSync(EXAMPLE, 'utf8')) as Rule;
  const body = InputTransformer.InputTemplate.replace(/<(\w+)>/g, (_, name: string) =>
    valueAt(InputTransformer.InputPathsMap[name] ?? ''),
  );

  expect(EventPattern.source).toContain(EVENT.source);
  expect(EventPattern.detail['eventTypeCode']).toContain(EVENT.detail.eventTypeCode);
  expect(leakReportBody.parse(JSON.parse(body))).toMatchObject({
    subject: 'id:aws-access-key:AKIAMADEUPMADEUP0000',
    severity: 'critical',
  });
});
