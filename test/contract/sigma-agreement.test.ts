import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { compileRule, type CompiledRule } from '../../detectors/sigma/compile-rule';
import type { LogRecord } from '../../detectors/sigma/record';
import { IncidentError } from '../../domain/errors';
import { ownRules } from '../../workers/rules/load-rules';
import { missingRsigma, rsigmaVerdicts } from '../support/rsigma';
import { missingRecordedSigma, recordedEvents, recordedRules } from '../support/recorded-sigma';
import { SIGMA_CASES } from '../support/sigma-cases';
import { eventsFor } from '../support/sigma-events';

/** Cases and rules on which the two differ since rsigma is not what the specification says, or it says nothing: by what rsigma does. */
const EXEMPT: ReadonlyMap<string, readonly string[]> = new Map([
  // "Presence of a field, not its value, be it empty or null."
  ['a field that is null does not exist', ['exists', 'exists, an empty text', 'exists, null']],
  [
    'null in a list of values is not met by a field that is not there',
    ['null or a text', 'null or a text, of no field'],
  ],
  ['an asterisk stands for no line break', ['an asterisk across lines']],
  // The end that the modifier leaves open is the one that is held to.
  [
    'startswith and endswith with a wildcard are anchored at the wrong end',
    ['startswith a question mark', 'endswith an asterisk'],
  ],
  // The second is a public rule, which looks for two texts anywhere in a log line.
  ['all keywords must each be a whole value', ['keywords, all', 'e032f5bc-4563-4096-ae3b-064bab588685']],
  ['keywords are not looked for in numbers', ['keywords, a number']],
  ['a pattern of two asterisks names no search, and all of none are met', ['condition: _three and all of *o*']],
  // Of these two the specification says nothing.
  ['a name with a dot is known at the top only', ['a field with a dot in an object']],
  ['a reference to a list is to the list', ['fieldref, among elements']],
]);

/** Millions of verdicts each: half a minute, most of it for ours under Jest. */
const COMPARED_MS = 180_000;

const missing = missingRsigma();
if (missing !== undefined) process.stderr.write(`Sigma verdicts are not compared with another engine's: ${missing}\n`);
if (missingRecordedSigma !== undefined)
  process.stderr.write(`Sigma verdicts are compared on what tests make up alone: ${missingRecordedSigma}\n`);

interface NamedRule {
  readonly name: string;
  readonly detection: object;
}

interface Compared {
  /** In words, for whoever reads the output. */
  readonly summary: string;
  /** Rules that one of the two doesn't take, with who and why. */
  readonly refused: readonly string[];
  /** By rule, the events on which the two differ: who matched, and the event's begin. */
  readonly differences: ReadonlyMap<string, readonly string[]>;
}

function shippedRules(): readonly NamedRule[] {
  return readdirSync(ownRules(), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yml'))
    .map((file) => ({ name: file, ...(parse(readFileSync(join(ownRules(), file), 'utf8')) as { detection: object }) }));
}

/** A text is the reason of a refusal. */
function compiled({ name, detection }: NamedRule): CompiledRule | string {
  try {
    return compileRule({ id: name, title: name, logsource: {}, detection });
  } catch (error) {
    if (error instanceof IncidentError && error.code === 'SIGMA_RULE_REFUSED') return String(error.fields['reason']);
    throw error;
  }
}

/** Asks both engines about every rule and every event. */
async function compare(rules: readonly NamedRule[], events: readonly LogRecord[]): Promise<Compared> {
  const ours = new Map(rules.map((rule) => [rule.name, compiled(rule)] as const));
  const taken = rules.filter(({ name }) => typeof ours.get(name) !== 'string');
  const theirs = await rsigmaVerdicts(new Map(taken.map(({ name, detection }) => [name, detection])), events);
  const differences = new Map<string, string[]>();
  const matched = new Set<string>();
  let matches = 0;
  for (const [name, rule] of ours) {
    if (typeof rule === 'string' || theirs.refused.has(name)) continue;
    for (const [at, event] of events.entries()) {
      const [we, they] = [rule.matches(event), theirs.matches[at]?.has(name) === true];
      if (we) matches += 1;
      if (we) matched.add(name);
      if (we === they) continue;
      const text = `only ${we ? 'ours' : 'rsigma'} matches ${JSON.stringify(event).slice(0, 200)}`;
      differences.set(name, [...(differences.get(name) ?? []), text]);
    }
  }
  const refused = [
    ...[...ours].flatMap(([name, rule]) => (typeof rule === 'string' ? [`${name}, by ours: ${rule}`] : [])),
    ...[...theirs.refused].map(([name, reason]) => `${name}, by rsigma: ${reason}`),
  ];
  const summary =
    `${rules.length - refused.length} rules, of which ${matched.size} matched, and ${events.length} events: ` +
    `${matches} matches, ${[...differences.values()].flat().length} differences in ${differences.size} rules`;
  return { summary, refused, differences };
}

(missing === undefined ? describe : describe.skip)('Sigma rules, asked of another engine, too', () => {
  let compared: Compared;
  let asked: ReadonlySet<string>;

  beforeAll(async () => {
    const isRecorded = missingRecordedSigma === undefined;
    const rules = [...SIGMA_CASES, ...shippedRules(), ...(isRecorded ? await recordedRules() : [])];
    asked = new Set(rules.map(({ name }) => name));
    compared = await compare(rules, [
      ...SIGMA_CASES.flatMap(({ match, nearMiss }) => [match, nearMiss]),
      ...rules.flatMap(({ detection }) => eventsFor(detection)),
      ...(isRecorded ? await recordedEvents() : []),
    ]);
    process.stderr.write(`Compared with rsigma: ${compared.summary}.\n`);
  }, COMPARED_MS);

  it('get equal verdicts on every event, but for those that the specification decides for us', () => {
    const unexplained = [...compared.differences].filter(([name]) => !isExempt(name));

    expect(Object.fromEntries(unexplained)).toEqual({});
  });

  it('are all taken by both', () => {
    expect(compared.refused).toEqual([]);
  });

  it('are exempt only where the two do differ', () => {
    const names = [...EXEMPT.values()].flat();

    expect(names.filter((name) => asked.has(name) && !compared.differences.has(name))).toEqual([]);
  });
});

function isExempt(name: string): boolean {
  return [...EXEMPT.values()].flat().includes(name);
}
