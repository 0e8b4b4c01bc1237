import { fingerprintSubject, publicIdSubject, type Subject } from '../../../domain/subject';
import type { PartitionEvent, UsageEvent } from '../../../domain/usage-event';
import type { Place } from '../../../detectors/located-event';
import { sampleControl, sampleUse, type SampleUse } from '../../../detectors/sample-life';
import { foldAll } from './folding';

const ROLE = publicIdSubject('aws-role', 'arn:aws:sts::000000000000:assumed-role/deploy');
const DAY_MS = 86_400_000;

/** Hosted runners of one operator, each job in another network; and a server elsewhere. */
const RUNNERS = Array.from({ length: 240 }, (_, index) => `100.64.${index}.7`);
const THIEF = '198.51.100.20';
const PLACES: Readonly<Record<string, Place>> = {
  ...Object.fromEntries(
    RUNNERS.map((address) => [address, { network: address.replace(/7$/, '0/24'), country: 'US', asn: 8_075 }]),
  ),
  [THIEF]: { network: '198.51.100.0/24', country: 'NL', asn: 14_061 },
};

const session = (name: string): Subject => publicIdSubject('aws-access-key', `ASIA${name}`);

function does(action: string, use: SampleUse, more: Partial<UsageEvent> = {}): UsageEvent {
  return { ...sampleUse({ ...use, mark: action }), action: { kind: 'read', name: action }, principal: ROLE, ...more };
}

const GRAVE = { rules: [{ id: 'code', title: 'The code of a function is replaced', level: 'high' as const }] };

/** A deployment: a new session from a network where none has been, which asks who it is, looks at twenty things and replaces code. */
function deployment(run: number, dayMs: number): readonly UsageEvent[] {
  const use = { subject: session(`RUN${run}`), address: RUNNERS[run] ?? '', agent: 'terraform/1.6' };
  const looks = Array.from({ length: 20 }, (_, index) => `iam:GetThing${index}`);
  return ['sts:GetCallerIdentity', ...looks, 'lambda:UpdateFunctionCode'].map((action, index) =>
    does(action, { ...use, afterMs: dayMs + index * 400 }, action.startsWith('lambda') ? GRAVE : {}),
  );
}

/** Three a day. */
const deployments = (days: number) =>
  Array.from({ length: days * 3 }, (_, run) => deployment(run, (run / 3) * DAY_MS)).flat();

const told = (events: readonly PartitionEvent[]) =>
  foldAll(events, PLACES).messages.map(({ detection, assessment }) => ({
    day: Math.floor((detection.at - (events[0]?.at ?? 0)) / DAY_MS),
    subject: detection.subject,
    severity: assessment.severity,
    reason: detection.reason,
  }));

test('a role whose every session is new is quiet once its habits are known', () => {
  const days = new Set(told(deployments(30)).map(({ day }) => day));

  expect([...days].every((day) => day <= 3)).toBe(true);
});

test('a stolen session of it is told at its first use, by its own key, and whose it is', () => {
  const stolen = session('RUN17');
  const use = { subject: stolen, address: THIEF, agent: 'aws-cli/2.15', afterMs: 29.9 * DAY_MS };

  const [first] = told([...deployments(29), does('sts:GetCallerIdentity', use)]).slice(-1);

  expect(first).toMatchObject({ subject: stolen, day: 29 });
  expect(first?.reason).toContain('(of arn:aws:sts::000000000000:assumed-role/deploy)');
});

test('with anything that only thieves do it is grave at once', () => {
  const use = { subject: session('RUN17'), address: THIEF, agent: 'aws-cli/2.15' };
  const rules = [{ id: 'user', title: 'A user is created', level: 'high' as const }];
  const theft = does('iam:CreateUser', { ...use, afterMs: 29.9 * DAY_MS }, { rules });

  expect(told([...deployments(29), theft]).at(-1)?.severity).toBe('high');
});

test('a session that nobody knows is no stranger, and one of another role is', () => {
  const fresh = {
    subject: session('FRESH'),
    address: RUNNERS[2] ?? '',
    agent: 'terraform/1.6',
    afterMs: 29.9 * DAY_MS,
  };
  const other = publicIdSubject('aws-role', 'arn:aws:sts::000000000000:assumed-role/other');
  const life = deployments(29);

  expect(told([...life, does('lambda:UpdateFunctionCode', fresh, GRAVE)])).toHaveLength(told(life).length);
  expect(told([...life, does('lambda:UpdateFunctionCode', fresh, { ...GRAVE, principal: other })])).toHaveLength(
    told(life).length + 1,
  );
});

test('a principal that is listed is listed with all its sessions', () => {
  const planted = { ...sampleControl(0, 'honeytoken'), subject: ROLE };

  const messages = told([planted, does('sts:GetCallerIdentity', { subject: session('ANY'), afterMs: 1 })]);

  expect(messages).toMatchObject([{ subject: session('ANY'), severity: 'critical' }]);
});

test('each of two stolen sessions is told, though they do the same', () => {
  const rules = [{ id: 'user', title: 'A user is created', level: 'high' as const }];
  const thefts = ['RUN17', 'RUN18'].map((name, index) =>
    does('iam:CreateUser', { subject: session(name), address: THIEF, afterMs: 29.9 * DAY_MS + index }, { rules }),
  );

  const subjects = told([...deployments(29), ...thefts])
    .filter(({ day, severity }) => day === 29 && severity !== 'low')
    .map(({ subject }) => subject);
  expect(new Set(subjects)).toEqual(new Set([session('RUN17'), session('RUN18')]));
});

test('that its user’s password is revoked says nothing of a session', () => {
  const revoked = { ...sampleControl(0, 'revoked'), subject: ROLE };

  expect(told([revoked, does('sts:GetCallerIdentity', { subject: session('ANY'), afterMs: 90_000 })])).toEqual([]);
});

test('a fingerprint is judged by itself, whatever principal its source names: it may be listed', () => {
  const subject = fingerprintSubject('k1', 'a'.repeat(64));
  const planted = { ...sampleControl(0, 'honeytoken'), subject };

  const revoked = { ...planted, id: 'revoked', listed: 'revoked' as const };
  for (const listed of [planted, revoked])
    expect(told([listed, does('GET /orders', { subject, afterMs: 90_000 })])).toMatchObject([
      { severity: 'critical', reason: expect.not.stringContaining('(of ') as string },
    ]);
});

test('whose it is stands at the end of the longest reason', () => {
  const agent = 'x'.repeat(512);
  const use = { subject: session('RUN17'), address: THIEF, agent, afterMs: 29.9 * DAY_MS };
  const { messages } = foldAll([...deployments(29), does('sts:GetCallerIdentity', use)], PLACES);

  for (const { detection, assessment } of messages.slice(-1)) {
    expect(detection.reason).toMatch(/assumed-role\/deploy\)$/);
    expect(assessment.reason).toMatch(/assumed-role\/deploy\)$/);
  }
});
