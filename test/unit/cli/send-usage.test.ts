import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sendUsage } from '../../../cli/send-usage';
import { RuleSet } from '../../../detectors/sigma/rule-set';
import { IncidentError } from '../../../domain/errors';
import type { UsageEvent } from '../../../domain/usage-event';
import { OWN_RULES } from '../../support/own-rules';
import { madeUpTheft } from '../../support/recorded-theft';
import { temporaryFolder } from '../../support/temporary-folder';

const folder = temporaryFolder();

async function file(records: readonly unknown[]): Promise<string> {
  const path = join(folder.path, `usage-${Math.random()}`);
  await writeFile(path, records.map((one) => JSON.stringify(one)).join('\n'));
  return path;
}

function use(n: number, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    kind: 'usage',
    id: `e${n}`,
    at: n,
    subject: 'id:test:x',
    source: 'test',
    principalKind: 'unknown',
    client: { address: '192.0.2.1', agent: 'x'.repeat(500) },
    action: { kind: 'read', name: 'GET /' },
    outcome: 'accepted',
    ...more,
  };
}

it('sends all events once, in order, in batches that the API takes', async () => {
  const batches: (readonly UsageEvent[])[] = [];
  const files = [await file(Array.from({ length: 2_500 }, (_, n) => use(n))), await file([use(2_500)])];

  const sent = await sendUsage({
    source: 'native',
    rules: RuleSet.EMPTY,
    files,
    send: async (events) => void batches.push(events),
  });

  expect(batches.flat().map(({ id }) => id)).toEqual(Array.from({ length: 2_501 }, (_, n) => `e${n}`));
  expect(batches.every((one) => one.length <= 1_000 && JSON.stringify({ events: one }).length < 1_048_576)).toBe(true);
  expect(batches.length).toBeGreaterThan(2);
  expect(sent).toMatchObject({ records: 2_501, sent: 2_501, withheld: 0 });
});

it('what lies ahead of the clock is malformed, and takes nothing with it', async () => {
  const sent: UsageEvent[] = [];
  const ahead = use(1, { at: Date.now() + 3_600_000 });

  const counts = await sendUsage({
    source: 'native',
    rules: RuleSet.EMPTY,
    files: [await file([use(0), ahead, use(2)])],
    send: async (events) => void sent.push(...events),
  });

  expect(sent.map(({ id }) => id)).toEqual(['e0', 'e2']);
  expect(counts).toMatchObject({ sent: 2, malformed: 1, faults: [expect.stringContaining('lies in the future')] });
});

it('sends events of foreign records, not the records', async () => {
  const sent: UsageEvent[] = [];
  const records = madeUpTheft().map((one) => ({ ...one, requestParameters: { secret: 'canary' } }));

  const counts = await sendUsage({
    source: 'cloudtrail',
    rules: OWN_RULES,
    files: [await file([...records, { eventID: 7 }, { ...records[0], userIdentity: {} }])],
    send: async (events) => void sent.push(...events),
  });

  expect(JSON.stringify(sent)).not.toContain('canary');
  expect(counts).toMatchObject({ records: 63, sent: 61, ignored: 1, malformed: 1 });
  expect(counts.faults).toEqual([expect.stringContaining('record 62: eventID: invalid_type')]);
});

it('sends several files in the order of time', async () => {
  const sent: UsageEvent[] = [];
  const files = [await file([use(1), use(4)]), await file([]), await file([use(3), use(2)])];

  await sendUsage({ source: 'native', rules: RuleSet.EMPTY, files, send: async (events) => void sent.push(...events) });

  expect(sent.map(({ at }) => at)).toEqual([1, 2, 3, 4]);
});

it('withholds what is not a reporter’s to state', async () => {
  const sent: UsageEvent[] = [];
  const control = { kind: 'control', id: 'c', at: 1, subject: 'id:test:x', listed: 'none' };

  const counts = await sendUsage({
    source: 'native',
    rules: RuleSet.EMPTY,
    files: [await file([control, use(1, { probe: 'p' }), use(2)])],
    send: async (events) => void sent.push(...events),
  });

  expect([sent.map(({ id }) => id), counts.withheld]).toEqual([['e2'], 2]);
});

it.each([
  ['BACKEND_UNAVAILABLE', 3],
  ['ROLE_INSUFFICIENT', 1],
] as const)('%s: tried %i times', async (code, expected) => {
  let tries = 0;
  const sending = sendUsage({
    source: 'native',
    rules: RuleSet.EMPTY,
    files: [await file([use(1)])],
    send: async () => {
      tries += 1;
      if (tries < 3) throw new IncidentError(code);
    },
    pauseMs: () => 0,
  });

  await sending.catch(() => undefined);
  expect(tries).toBe(expected);
});

it('sends the rules that records match', async () => {
  const [use] = madeUpTheft();
  const sent: UsageEvent[] = [];

  await sendUsage({
    source: 'cloudtrail',
    rules: OWN_RULES,
    files: [await file([{ ...use, eventName: 'StopLogging', eventSource: 'cloudtrail.amazonaws.com' }])],
    send: async (events) => void sent.push(...events),
  });

  expect(sent).toMatchObject([{ rules: [{ title: 'Audit logging is stopped' }] }]);
});
