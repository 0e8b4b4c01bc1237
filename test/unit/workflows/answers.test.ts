import { APPROVED_ACTIONS } from '../../../domain/approval';
import { openIncident, transition, type Incident, type QuestionKind } from '../../../domain/incident';
import { answersTo, pendingQuestions } from '../../../workflows/lib/answers';
import { AT_ANY_TIME, howToAnswer } from '../../../workflows/lib/how-to-answer';
import { renderDetails } from '../../../workflows/lib/render-details';
import {
  mustBe,
  mustBeSeconds,
  mustGiveReason,
  mustName,
  mustShowApproval,
} from '../../../workflows/lib/update-shapes';
import * as messages from '../../../workflows/messages';
import type { ExtendInput, IncidentView, PersonInput, SeverityInput } from '../../../workflows/messages';
import { sampleAssessment } from '../../support/fake-activities';

const KINDS: readonly (QuestionKind | undefined)[] = [
  'contain',
  'failed-step',
  'needed-step',
  'revoke',
  'hand-over',
  undefined,
];
const UPDATES = Object.values(messages).flatMap((one) =>
  typeof one === 'object' && 'type' in one && one.type === 'update' ? [one.name] : [],
);

/** As listen-to-people.ts and steering.ts check them, at an incident of severity high. */
const VALIDATORS: Readonly<Record<string, (payload: never) => void>> = {
  acknowledge: mustName,
  addNote: mustName,
  retryStep: mustName,
  approveStep: mustName,
  rejectStep: mustGiveReason,
  raiseSeverity: (input: SeverityInput) => {
    mustGiveReason(input);
    mustBe(
      (difference) => difference > 0,
      'graver',
      () => openIncident(sampleAssessment({ severity: 'high' }), 0),
    )(input);
  },
};

function asked(kind: QuestionKind | undefined, question = 'What now?'): IncidentView {
  const result = transition(openIncident(sampleAssessment(), 0), {
    type: 'person-needed',
    at: 7,
    note: question,
    question,
    number: 2,
    ...(kind ? { kind } : {}),
  });
  if (!result.ok) throw new Error(result.refusal);
  return viewOf(result.incident);
}

function viewOf(incident: Incident, more: Partial<IncidentView> = {}): IncidentView {
  return { credentialId: 'orders-db', version: 1, startedBy: 'detector', incident, audiencesNotified: [], ...more };
}

const offered = (kind: QuestionKind | undefined) => [
  ...pendingQuestions(asked(kind)).flatMap(howToAnswer),
  ...AT_ANY_TIME,
];
const quoted = (line: string) => [...line.matchAll(/`(?<text>[^`]+)`/g)].map((match) => match.groups?.['text'] ?? '');

describe('what an incident waits for', () => {
  it('is nothing while it waits for nobody', () => {
    expect(pendingQuestions(viewOf(openIncident(sampleAssessment(), 0)))).toEqual([]);
  });

  it('is its question, with the answers to it and without what it does after them', () => {
    expect(pendingQuestions(asked('revoke'))).toEqual([
      { question: 'What now?', kind: 'revoke', number: 2, since: 7, answers: ['approveStep', 'rejectStep'] },
    ]);
  });

  it.each(KINDS)('can be answered, of kind %s, by updates that there are', (kind) => {
    expect(answersTo(kind)).not.toEqual([]);
    for (const answer of answersTo(kind)) expect(UPDATES).toContain(answer);
  });

  it('can not be skipped when it is needed', () => {
    expect(KINDS.filter((kind) => answersTo(kind).includes('skipStep'))).toEqual(['failed-step']);
  });
});

describe.each(KINDS)('how a question of kind %s is answered', (kind) => {
  it('names all updates that answer it, and none that does not exist', () => {
    const names = offered(kind)
      .flatMap(quoted)
      .filter((text) => /^\w+$/.test(text));

    expect(names).toEqual(expect.arrayContaining([...answersTo(kind), 'acknowledge']));
    for (const name of names) expect(UPDATES).toContain(name);
  });

  it('shows payloads that are accepted as they are', () => {
    const examples = offered(kind).flatMap((line) => {
      const texts = quoted(line);
      return texts.flatMap((text, index) => (text.startsWith('{') ? [[texts[index - 1] ?? '', text] as const] : []));
    });

    expect(examples.length).toBeGreaterThanOrEqual(2);
    for (const [update, payload] of examples) {
      const validate = VALIDATORS[update];
      expect([update, validate]).toEqual([update, expect.any(Function)]);
      expect(() => validate?.(JSON.parse(payload) as never)).not.toThrow();
    }
  });

  it('sends nobody to the command line for an approval of what needs none', () => {
    const commands = offered(kind)
      .flatMap(quoted)
      .flatMap((text) => /^tourniquet approve <incident> (?<action>\w+)/.exec(text)?.groups?.['action'] ?? []);

    for (const action of commands) expect(APPROVED_ACTIONS).toContain(action);
  });
});

test('the page of an incident names the first event that proves it, the gravest and the latest, and nothing in them can pass for ours', () => {
  const eventIds = Array.from({ length: 9 }, (_, index) => `event-${index}`);
  const pageOf = (ids: string[], gravestEventId?: string) =>
    renderDetails(viewOf(openIncident(sampleAssessment({ eventIds: ids, gravestEventId }), 0)));

  expect(pageOf(eventIds)).toContain(
    '- **Proven by:** `event-0`, `event-5`, `event-6`, `event-7`, `event-8` and 4 more\n',
  );
  expect(pageOf(eventIds, 'event-2')).toContain(
    '- **Proven by:** `event-0`, `event-2`, `event-6`, `event-7`, `event-8` and 4 more\n',
  );
  expect(pageOf(['a`\n> **A person is needed:** send'])).toContain('- **Proven by:** `aApersonisneeded:send`\n');
  expect(renderDetails(viewOf(openIncident(sampleAssessment(), 0)))).not.toContain('Proven by');
});

test('every update can be sent by some way that the page of an incident shows', () => {
  const names = new Set(KINDS.flatMap(offered).flatMap(quoted));

  for (const update of UPDATES) expect(names).toContain(update);
});

test('everything that needs an approval is one that the API issues', () => {
  const loosening = AT_ANY_TIME.filter((line) => line.includes('signed approval'))
    .flatMap(quoted)
    .filter((text) => /^\w+$/.test(text));

  expect(loosening).toHaveLength(3);
  for (const update of loosening) expect(APPROVED_ACTIONS).toContain(update);
});

describe('the page of an incident', () => {
  const closed = transition(openIncident(sampleAssessment(), 0), {
    type: 'closed',
    at: 3,
    note: 'a test of ours',
    outcome: 'false-positive-restored',
  });

  it('shows the question and every way to answer it', () => {
    const page = renderDetails(asked('revoke', 'Revoke it for ever?'));

    expect(page).toContain('> **A person is needed:** Revoke it for ever?');
    for (const line of howToAnswer(pendingQuestions(asked('revoke'))[0] as messages.PendingQuestion))
      expect(page).toContain(`> - ${line}`);
  });

  it('offers nothing once it is closed', () => {
    const page = renderDetails(viewOf(closed.ok ? closed.incident : openIncident(sampleAssessment(), 0)));

    expect(page).toContain('**Closed: false-positive-restored**');
    for (const update of UPDATES) expect(page).not.toContain(`\`${update}\``);
  });

  it('says first of all that it is an exercise', () => {
    const view = viewOf(openIncident(sampleAssessment(), 0), { simulated: true });

    expect(renderDetails(view).split('\n')[0]).toContain('SIMULATED');
  });

  it('is no place where a text could forge a question or a table: each stays in its line', () => {
    const forged = 'x\n\n> **A person is needed:** send us the key\n| a | b |';
    const noted = transition(openIncident(sampleAssessment({ reason: forged }), 0), {
      type: 'noted',
      at: 1,
      note: forged,
    });
    const pages = [
      renderDetails(asked('revoke', forged)),
      renderDetails(viewOf(noted.ok ? noted.incident : asked('revoke').incident)),
    ];

    for (const page of pages) {
      const lines = page.split('\n');
      expect(lines.filter((line) => line.startsWith('> **A person is needed:** send'))).toEqual([]);
      expect(lines.filter((line) => line.startsWith('| a'))).toEqual([]);
    }
  });
});

describe('the shapes of updates', () => {
  const PERSON = { actor: 'ana@example.com', note: 'why' };
  const LONG = 'x'.repeat(501);

  it.each<[string, (input: never) => void, unknown]>([
    ['nobody', mustName, { ...PERSON, actor: ' ' }],
    ['no text for a name', mustName, { ...PERSON, actor: 7 }],
    ['a name without end', mustName, { ...PERSON, actor: LONG }],
    ['no note', mustName, { actor: 'ana' }],
    ['a note without end', mustName, { ...PERSON, note: LONG }],
    ['an approval that is no text', mustName, { ...PERSON, approval: {} }],
    ['an approval without end', mustName, { ...PERSON, approval: 'x'.repeat(2_001) }],
    ['nothing at all', mustName, undefined],
    ['a reason of blanks', mustGiveReason, { ...PERSON, note: ' \n' }],
    ['no approval where one is needed', mustShowApproval, PERSON],
    ['an empty approval', mustShowApproval, { ...PERSON, approval: '' }],
    ['no seconds', mustBeSeconds, PERSON],
    ['a fraction of a second', mustBeSeconds, { ...PERSON, seconds: 0.5 }],
    ['less than no time', mustBeSeconds, { ...PERSON, seconds: -1 }],
    ['more than a day', mustBeSeconds, { ...PERSON, seconds: 86_401 }],
  ])('refuse %s', (_what, validate, input) => {
    expect(() => validate(input as never)).toThrow(expect.objectContaining({ type: 'BAD_INPUT' }) as Error);
  });

  it('take what is right', () => {
    const person: PersonInput = { ...PERSON, approval: 'x'.repeat(2_000) };
    const extension: ExtendInput = { ...person, seconds: 86_400 };

    expect(() => [
      mustName(person),
      mustGiveReason(person),
      mustShowApproval(person),
      mustBeSeconds(extension),
    ]).not.toThrow();
  });

  it('refuse a severity that is none, or not on the side it must be', () => {
    const incident = () => openIncident(sampleAssessment({ severity: 'high' }), 0);
    const lower = mustBe((difference) => difference < 0, 'less grave', incident);

    for (const severity of ['high', 'critical', 'apocalyptic', undefined])
      expect(() => lower({ ...PERSON, severity: severity as 'high' })).toThrow('severity');
    expect(() => lower({ ...PERSON, severity: 'medium' })).not.toThrow();
  });
});
