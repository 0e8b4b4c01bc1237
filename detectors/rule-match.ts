import type { RuleMatch } from '../domain/usage-event';
import { countIn, NO_BURST, type Burst } from './burst';
import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { consider, distrust, isNew, learn, NO_VALUE, NOTHING_BUT_NEWS, type KnownValues } from './known-values';
import { dayOf } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { markOf } from './marks';
import { forPerson } from './person-text';
import type { Rows } from './rows';
import { SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';

/**
 * What a rule's level is worth, in the order of the Sigma specification: "high" should be looked at soon and "critical" at once, "medium"
 * is to be reviewed, "low" is notable only with others. A strong single witness begins at 0.7 (assess.ts).
 */
const PARAMETERS = {
  critical: 0.9,
  high: 0.75,
  medium: 0.5,
  low: 0.3,
  informational: 0,
  /** A rule that counts only in a burst says as much as one of level "high" then. */
  burst: 0.75,
  /** reference/detection.md 1.2.10. */
  burstWindowMs: 300_000,
} as const;

/** Rules whose bursts are counted, for one subject at one time, and things that are told apart in all of them together. */
const MOST_BURSTS = 16;
const MOST_TOLD_APART = 256;

/**
 * Rules it matches as a habit: on three days, with nothing else against it (known-values.ts). Bursts: a rule's mark, and both numbers of `Burst`. Objects that are
 * counted in them: the rule's mark and the object's.
 */
type RuleRows = Rows<'habits' | 'bursts' | 'objects'>;

/** By the mark of the rule. */
interface Bursts {
  readonly bursts: readonly (readonly [mark: number, burst: Burst])[];
  readonly objects: readonly (readonly [mark: number, object: number])[];
}

/** A record matched a rule of the folder `rules/`, or of the user's own: something that thieves do and that is not this credential's work. */
export const ruleMatch = defineDetector<keyof RuleRows>({
  id: 'rule-match',
  family: 'signature',
  parameters: PARAMETERS,
  initial: { habits: NOTHING_BUT_NEWS, bursts: [], objects: [] },
  judge,
  remember,
  samples,
});

function judge(rows: RuleRows, located: LocatedUsageEvent): readonly Finding[] {
  const { rules, at } = located.event;
  if (!rules) return NO_FINDINGS;
  const [gravest] = toldOf(rows.habits, rules, counted(burstsIn(rows), rules, at), at).sort(
    (a, b) => confidenceOf(b) - confidenceOf(a),
  );
  return gravest ? [finding(gravest, located)] : NO_FINDINGS;
}

function remember(rows: RuleRows, { event }: LocatedUsageEvent, { suspectedBy }: SubjectFacts): void {
  const { rules, at, outcome } = event;
  const { habits } = rows;
  const day = dayOf(at);
  // Most uses match nothing, and a rule is forgotten by the uses without it.
  learn(habits, NO_VALUE, day);
  if (!rules) return;
  const now = counted(burstsIn(rows), rules, at);
  rows.bursts.replace(now.bursts.flatMap(([mark, { from, count }]) => [mark, from, count]));
  rows.objects.replace(now.objects.flat());
  const told = toldOf(habits, rules, now, at);
  for (const mark of marksOf(rules)) if (!isNew(habits, mark, day)) learn(habits, mark, day);
  const harmless = outcome === 'accepted' && suspectedBy.every((family) => family === 'signature');
  for (const mark of marksOf(told)) (harmless ? consider : distrust)(habits, mark, day);
}

function burstsIn({ bursts, objects }: RuleRows): Bursts {
  return {
    bursts: bursts.records(3).map(([mark = 0, from = 0, count = 0]) => [mark, { from, count }]),
    objects: objects.records(2).map(([mark = 0, object = 0]) => [mark, object]),
  };
}

function marksOf(rules: readonly RuleMatch[]): readonly number[] {
  return rules.map(({ id }) => markOf(id));
}

function counted(bursts: Bursts, rules: readonly RuleMatch[], at: number): Bursts {
  return rules.reduce(
    (next, rule) => (rule.burst === undefined ? next : withMatch(next, rule, rule.burst, at)),
    bursts,
  );
}

/** With one match more; of different objects no more are kept than decide. */
function withMatch(before: Bursts, { id, objects }: RuleMatch, most: number, at: number): Bursts {
  const mark = markOf(id);
  const others = before.bursts.filter(([rule]) => rule !== mark).slice(1 - MOST_BURSTS);
  const burst = countIn(burstOf(before, mark), at, PARAMETERS.burstWindowMs);
  if (objects === undefined) return { bursts: [...others, [mark, burst]], objects: before.objects };
  const seen = burst.count === 1 ? [] : before.objects.filter(([rule]) => rule === mark).map(([, object]) => object);
  const different = [...new Set([...seen, ...objects.map((object) => markOf(object))])].slice(0, most);
  const elsewhere = before.objects.filter(([rule]) => rule !== mark);
  return {
    bursts: [...others, [mark, { from: burst.from, count: different.length }]],
    objects: [...elsewhere, ...different.map((object) => [mark, object] as const)].slice(-MOST_TOLD_APART),
  };
}

function burstOf({ bursts }: Bursts, mark: number): Burst {
  return bursts.find(([rule]) => rule === mark)?.[1] ?? NO_BURST;
}

function toldOf(habits: KnownValues, rules: readonly RuleMatch[], bursts: Bursts, at: number): RuleMatch[] {
  return rules.filter((rule) => isTold(rule, bursts) && isNew(habits, markOf(rule.id), dayOf(at)));
}

function isTold({ id, burst, level }: RuleMatch, bursts: Bursts): boolean {
  if (burst === undefined) return level !== 'informational';
  return burstOf(bursts, markOf(id)).count >= burst;
}

function confidenceOf({ level, burst }: RuleMatch): number {
  return burst === undefined ? PARAMETERS[level] : PARAMETERS.burst;
}

function finding(rule: RuleMatch, { event }: LocatedUsageEvent): Finding {
  const confidence = confidenceOf(rule);
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
