import type { RuleMatch } from '../domain/usage-event';
import { BURST_SIZE, burstNumbers, burstOf, countIn, countOf, NO_BURST, type Burst } from './burst';
import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { isNew, type KnownValues, learn, NO_VALUE, NOTHING_BUT_NEWS, weighNews } from './known-values';
import { dayOf, testimonyOf } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { markOf } from './marks';
import { forPerson } from './person-text';
import type { Rows } from './rows';
import { RULE_WEIGHTS, weightOf } from './rule-weight';
import { SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';
import { countTouched, touch, touchedIn, type Touched } from './touched-objects';

const PARAMETERS = {
  ...RULE_WEIGHTS,
  /** reference/detection.md 1.2.10. */
  burstWindowMs: 300_000,
} as const;

/** Rules whose bursts are counted, for one subject at one time. */
const MOST_BURSTS = 16;

/**
 * Rules it matches as a habit: on three days, with nothing else against it (known-values.ts). Counts of bursts: a rule's mark, and the numbers of its `Burst`. Objects of
 * bursts that count those (touched-objects.ts).
 */
type RuleRows = Rows<'habits' | 'counts' | 'objects'>;

const COUNT_SIZE = 1 + BURST_SIZE;

/** By the mark of the rule. */
interface Bursts {
  readonly counts: readonly (readonly [rule: number, burst: Burst])[];
  readonly objects: readonly Touched[];
}

/** A record matched a rule of the folder `rules/`, or of the user's own: something that thieves do and that is not this credential's work. */
export const ruleMatch = defineDetector<keyof RuleRows>({
  id: 'rule-match',
  family: 'signature',
  parameters: PARAMETERS,
  initial: { habits: NOTHING_BUT_NEWS, counts: [], objects: [] },
  judge,
  remember,
  samples,
});

function judge(rows: RuleRows, located: LocatedUsageEvent): readonly Finding[] {
  const { rules, at } = located.event;
  if (!rules) return NO_FINDINGS;
  const [gravest] = toldOf(rows.habits, rules, counted(burstsIn(rows), rules, at), at).sort(
    (a, b) => weightOf(b) - weightOf(a),
  );
  return gravest ? [finding(gravest, located)] : NO_FINDINGS;
}

function remember(rows: RuleRows, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { rules, at } = located.event;
  const { habits } = rows;
  const day = dayOf(at);
  // Most uses match nothing, and a rule is forgotten by the uses without it.
  learn(habits, NO_VALUE, day);
  if (!rules) return;
  const now = counted(burstsIn(rows), rules, at);
  rows.counts.replace(now.counts.flatMap(([rule, burst]) => [rule, ...burstNumbers(burst)]));
  rows.objects.replace(now.objects.flat());
  const told = toldOf(habits, rules, now, at);
  for (const mark of marksOf(rules)) if (!isNew(habits, mark, day)) learn(habits, mark, day);
  const testimony = testimonyOf(['signature'], located, facts);
  for (const mark of marksOf(told.filter(mayBeHabit))) weighNews(habits, mark, day, testimony);
}

function burstsIn({ counts, objects }: RuleRows): Bursts {
  return {
    counts: counts.records(COUNT_SIZE).map(([rule = 0, ...numbers]) => [rule, burstOf(numbers)]),
    objects: touchedIn(objects),
  };
}

/** What is critical is nobody's daily work, as the Sigma specification has it: a thief must not make it so by doing it on three days. */
function mayBeHabit({ level }: RuleMatch): boolean {
  return level !== 'critical';
}

function marksOf(rules: readonly RuleMatch[]): readonly number[] {
  return rules.map(({ id }) => markOf(id));
}

function counted(bursts: Bursts, rules: readonly RuleMatch[], at: number): Bursts {
  return rules.reduce((next, { id, burst, objects }) => {
    if (burst === undefined) return next;
    const rule = markOf(id);
    if (objects === undefined) return { ...next, counts: withMatch(next.counts, rule, at) };
    const marks = objects.map((object) => markOf(object));
    return { ...next, objects: touch(next.objects, rule, marks, burst, at, PARAMETERS.burstWindowMs) };
  }, bursts);
}

function withMatch(counts: Bursts['counts'], rule: number, at: number): Bursts['counts'] {
  const before = counts.find(([mark]) => mark === rule)?.[1] ?? NO_BURST;
  const others = counts.filter(([mark]) => mark !== rule).slice(1 - MOST_BURSTS);
  return [...others, [rule, countIn(before, at, PARAMETERS.burstWindowMs)]];
}

function toldOf(habits: KnownValues, rules: readonly RuleMatch[], bursts: Bursts, at: number): RuleMatch[] {
  return rules.filter((rule) => isTold(rule, bursts, at) && isNew(habits, markOf(rule.id), dayOf(at)));
}

function isTold({ id, burst, level, objects }: RuleMatch, bursts: Bursts, at: number): boolean {
  if (burst === undefined) return level !== 'informational';
  const rule = markOf(id);
  const times = objects
    ? countTouched(bursts.objects, rule, at, PARAMETERS.burstWindowMs)
    : countOf(bursts.counts.find(([mark]) => mark === rule)?.[1] ?? NO_BURST);
  return times >= burst;
}

function finding(rule: RuleMatch, { event }: LocatedUsageEvent): Finding {
  const confidence = weightOf(rule);
  const what = rule.objects ? 'different ones' : 'times';
  const often = rule.burst === undefined ? '' : `, at least ${rule.burst} ${what} within 5 min`;
  const denied = event.outcome === 'authorization' ? ' (tried, and denied)' : '';
  return {
    severity: confidence >= 0.7 ? 'medium' : 'low',
    confidence,
    deterministic: false,
    accuses: rule.burst === undefined ? 'use' : 'traffic',
    topic: rule.id,
    reason: `${forPerson(event.action.name, 80)}${denied}: ${forPerson(rule.title, 120)}${often}`,
  };
}

function samples(): Samples {
  const life = steadyLife({ count: 60, everyMs: 100 });
  const places = SAMPLE_PLACES;
  const day = 86_400_000;
  const grave: RuleMatch = { id: 'logging-stopped', title: 'Logging is stopped', level: 'high' };
  const secret: RuleMatch = { id: 'secret-read', title: 'Many secrets are read', level: 'informational', burst: 20 };
  const uses = (rule: RuleMatch, count: number, everyMs: number) =>
    steadyLife({ count, everyMs, afterMs: 7_000, mark: rule.id }).map((use) => ({ ...use, rules: [rule] }));
  const reads = (count: number, objects: number, everyMs: number) =>
    uses(secret, count, everyMs).map((use, index) => ({
      ...use,
      rules: [{ ...secret, objects: [`secret-${index % objects}`] }],
    }));
  return {
    positives: [
      { title: 'logging is stopped at the first use', events: uses(grave, 1, 0), places },
      { title: 'logging is stopped after a quiet life', events: [...life, ...uses(grave, 1, 0)], places },
      { title: 'twenty secrets within a minute', events: [...life, ...uses(secret, 20, 2_000)], places },
      { title: 'twenty different secrets', events: [...life, ...reads(60, 20, 2_000)], places },
    ],
    nearMisses: [
      { title: 'nineteen different secrets, again and again', events: [...life, ...reads(60, 19, 2_000)], places },
      { title: 'twenty secrets, one every twenty seconds', events: [...life, ...reads(20, 20, 20_000)], places },
      { title: 'nineteen secrets', events: [...life, ...uses(secret, 19, 2_000)], places },
      { title: 'a secret every half minute', events: [...life, ...uses(secret, 60, 30_000)], places },
      {
        title: 'a rule that only informs',
        events: [...life, ...uses({ ...grave, level: 'informational' }, 1, 0)],
        places,
      },
      { title: 'no rule', events: [...life, sampleUse({ afterMs: day })], places },
    ],
  };
}
