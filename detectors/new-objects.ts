import type { RuleMatch, UsageEvent } from '../domain/usage-event';
import { defineDetector, NO_FINDINGS, type Finding, type Samples, type SubjectFacts } from './detector';
import { isNew, isOneMore, type KnownValues, learn, NO_VALUE, NOTHING_BUT_NEWS, weighNews } from './known-values';
import { dayOf, isSettled, teaches, testimonyOf } from './learning';
import type { LocatedUsageEvent } from './located-event';
import { markOf } from './marks';
import { forPerson } from './person-text';
import type { Rows } from './rows';
import { weightOf } from './rule-weight';
import { SAMPLE_PLACES, sampleUse, steadyLife } from './sample-life';
import { countTouched, touch, touchedIn, type Touched } from './touched-objects';

const PARAMETERS = {
  /** A thief who knows of the five minutes of a rule's burst takes his time, and still he takes what was never touched. Ours. */
  windowMs: 86_400_000,
  /** A strong single witness. Of rules that say less of a burst nothing is said: whoever learns a cloud lists what there is. */
  confidence: 0.7,
  /** Before that all is new. */
  leastMs: 86_400_000,
  /** Many a service reads more than thirty different things. Of more the latest count as known: one more is new each time. */
  mostKnown: 256,
} as const;

/** Objects of such rules that it is known to touch (`markOfObject`); those of the last day that were new (touched-objects.ts); and rules of which new ones each day are its habit. */
type ObjectRows = Rows<'known' | 'news' | 'habits'>;

interface News {
  readonly rule: RuleMatch;
  readonly touched: readonly Touched[];
  readonly count: number;
}

/** As many objects as a rule's burst has, such as secrets, within a day, of which the credential never touched one: the slow way of what `rule-match` sees within minutes. */
export const newObjects = defineDetector<keyof ObjectRows>({
  id: 'new-objects',
  family: 'signature',
  parameters: PARAMETERS,
  initial: { known: NOTHING_BUT_NEWS, news: [], habits: NOTHING_BUT_NEWS },
  judge,
  remember,
  samples,
});

function judge(rows: ObjectRows, { event }: LocatedUsageEvent, facts: SubjectFacts): readonly Finding[] {
  if (!event.rules || !hasLived(event, facts)) return NO_FINDINGS;
  const told = newsIn(rows, event).filter((news) => isTold(news, rows.habits, event.at));
  return told.slice(0, 1).map(({ rule }) => finding(rule, event));
}

function remember(rows: ObjectRows, located: LocatedUsageEvent, facts: SubjectFacts): void {
  const { event } = located;
  if (!event.rules) return;
  const day = dayOf(event.at);
  const all = hasLived(event, facts) ? newsIn(rows, event) : [];
  const last = all.at(-1);
  if (last) rows.news.replace(last.touched.flat());
  for (const { rule } of all.filter((news) => isTold(news, rows.habits, event.at)))
    weighNews(rows.habits, markOf(rule.id), day, testimonyOf(['signature'], located, facts));
  if (!teaches(located, facts)) return;
  learn(rows.habits, NO_VALUE, day);
  for (const rule of event.rules)
    for (const object of rule.objects ?? []) learn(rows.known, markOfObject(rule, object), day, PARAMETERS.mostKnown);
}

function hasLived({ at }: UsageEvent, facts: SubjectFacts): boolean {
  return isSettled(facts, at) && at - facts.cleanSince >= PARAMETERS.leastMs;
}

/** For each rule that counts different things, with what is new in this use. */
function newsIn(rows: ObjectRows, { at, rules = [] }: UsageEvent): readonly News[] {
  let touched = touchedIn(rows.news);
  return rules.flatMap((rule) => {
    const { objects, burst } = rule;
    if (!objects || burst === undefined || weightOf(rule) < PARAMETERS.confidence) return [];
    const marks = objects.map((object) => markOfObject(rule, object));
    const fresh = marks.filter((mark) => isNew(rows.known, mark, dayOf(at)) || isOneMore(rows.known, mark));
    if (fresh.length === 0) return [];
    const ruleMark = markOf(rule.id);
    touched = touch(touched, ruleMark, fresh, burst, at, PARAMETERS.windowMs);
    return [{ rule, touched, count: countTouched(touched, ruleMark, at, PARAMETERS.windowMs) }];
  });
}

function isTold({ rule, count }: News, habits: KnownValues, at: number): boolean {
  return count >= (rule.burst ?? Infinity) && isNew(habits, markOf(rule.id), dayOf(at));
}

/** Two rules that name the same thing count it each for itself. */
function markOfObject({ id }: RuleMatch, object: string): number {
  return markOf(object, markOf(id));
}

function finding(rule: RuleMatch, { action }: UsageEvent): Finding {
  return {
    severity: 'medium',
    confidence: PARAMETERS.confidence,
    deterministic: false,
    accuses: 'traffic',
    topic: rule.id,
    reason: `${forPerson(action.name, 80)}: ${forPerson(rule.title, 120)}, at least ${rule.burst} within a day that it had never touched`,
  };
}

function samples(): Samples {
  const places = SAMPLE_PLACES;
  const [minute, day] = [60_000, 86_400_000];
  const secrets: RuleMatch = { id: 'secret-read', title: 'Many secrets are read', level: 'informational', burst: 20 };
  const reads = (afterMs: number, count: number, of = count) =>
    steadyLife({ count, everyMs: 6 * minute, afterMs, mark: 'read' }).map((use, index) => ({
      ...use,
      rules: [{ ...secrets, objects: [`secret-${of}-${index % of}`] }],
    }));
  const life = steadyLife({ count: 100, everyMs: 1_800_000 });
  return {
    positives: [
      {
        title: 'twenty secrets that it never read, one every six minutes',
        events: [...life, ...reads(3 * day, 20)],
        places,
      },
    ],
    nearMisses: [
      { title: 'nineteen of them', events: [...life, ...reads(3 * day, 40, 19)], places },
      { title: 'twenty secrets on its first day', events: reads(0, 100, 20), places },
      { title: 'the twenty that it reads each day', events: [...reads(0, 100, 20), ...reads(3 * day, 40, 20)], places },
      { title: 'no rule', events: [...life, sampleUse({ afterMs: 3 * day })], places },
    ],
  };
}
