import { patched, setHandler } from '@temporalio/workflow';
import { APPROVAL_LIFETIME_SECONDS } from '../../domain/approval';
import { atLeast, compareSeverity } from '../../domain/severity';
import {
  extendOverlapUpdate,
  lowerSeverityUpdate,
  markFalsePositiveUpdate,
  raiseSeverityUpdate,
  type ExtendInput,
  type PersonInput,
  type SeverityInput,
} from '../messages';
import { extendOverlap } from './extend-overlap';
import { followPlan } from './follow-plan';
import type { Leak } from './leak';
import type { Listening } from './listen-to-people';
import { mayRefuse } from './tighten-containment';
import { mustBe, mustBeSeconds, mustGiveReason, mustShowApproval, refuse } from './update-shapes';

/** How people change the course of an incident: a graver severity by a name alone, whatever loosens by a signed approval. */
export function steer(
  { board, decisions }: Pick<Listening, 'board' | 'decisions'>,
  leak: () => Leak | undefined,
): void {
  /** When each has approved which extension of which rotation, where two people must. */
  const extensions = new Map<string, Map<string, number>>();

  setHandler(raiseSeverityUpdate, (input: SeverityInput) => changeSeverity(input, false), {
    validator: (input: SeverityInput) => {
      mustGiveReason(input);
      mustBe(
        (difference) => difference > 0,
        'graver',
        () => board.incident,
      )(input);
    },
    description: 'It is graver than thought: the refusal and the plan follow at once',
  });
  setHandler(lowerSeverityUpdate, (input: SeverityInput) => changeSeverity(input, true), {
    validator: (input: SeverityInput) => {
      mustShowApproval(input);
      mustBe(
        (difference) => difference < 0,
        'less grave',
        () => board.incident,
      )(input);
    },
    description:
      'It is less grave: what is still to come follows; what is refused stays refused. Needs a signed approval',
  });
  setHandler(extendOverlapUpdate, (input: ExtendInput) => extend(input), {
    validator: (input: ExtendInput) => {
      mustShowApproval(input);
      mustBeSeconds(input);
      if (!leak()?.rotation) throw refuse('no dependents are being moved now');
      // What is still to be refused would take back what was given.
      mustBeTight(leak());
    },
    description: 'Give dependents longer to move. Needs a signed approval; at high and above, two of different people',
  });
  setHandler(markFalsePositiveUpdate, (person: PersonInput) => falsePositive(person), {
    validator: (person: PersonInput) => {
      mustShowApproval(person);
      mustBeRestorable(leak());
    },
    description:
      'Nothing leaked: undo what can be undone, lift the refusal, close. Needs a signed approval; not after revoke',
  });

  async function changeSeverity(input: SeverityInput, approve: boolean): Promise<string> {
    const [atFirst, was] = [leak()?.plan(), board.incident.evidence.severity];
    if (approve) await decisions.authorize(input, 'lowerSeverity', { severity: input.severity });
    await decisions.record(`severity ${input.severity}`, input);
    // Graver evidence may have come while that was written down: what a person said was about less.
    const { severity } = board.incident.evidence;
    const isOvertaken = approve ? severity !== was : compareSeverity(input.severity, severity) <= 0;
    if (isOvertaken) throw refuse(`the severity is ${severity} by now: look again`);
    const note = `${input.actor} changed the severity to ${input.severity}. ${input.note}`;
    const judged = approve && patched('lowered-stays') ? ({ judged: true } as const) : {};
    // What it is about may have become known while that was written down.
    const before = atFirst ?? (patched('followed-as-known') ? leak()?.plan() : undefined);
    if (!board.apply({ type: 'severity-changed', at: Date.now(), note, severity: input.severity, ...judged }))
      throw refuse('the incident has been closed meanwhile');
    const known = leak();
    // Until it is known what was known before, there is nothing that could take its place.
    const kept = known && patched('keeps-judgement') ? decisions.keep() : undefined;
    await Promise.all([kept, known && before ? followPlan(known, before) : undefined]);
    return `severity ${input.severity}`;
  }

  async function extend(input: ExtendInput): Promise<string> {
    const { seconds, actor } = input;
    const { severity: before } = board.incident.evidence;
    await decisions.authorize(input, 'extendOverlap', { seconds });
    await decisions.record(`extend by ${seconds} s`, input);
    const { severity } = board.incident.evidence;
    const isOfNow = patched('extended-as-known');
    if (isOfNow && compareSeverity(severity, before) > 0)
      throw refuse(`the severity is ${severity} by now: look again`);
    if (isOfNow) mustBeTight(leak());
    // Whoever lowers it alone must not then be enough to extend alone.
    const needed = board.incident.wasHigh || atLeast(severity, 'high') ? 2 : 1;
    // What the first approved was approved of what was known then, as well.
    const matter = `${leak()?.rotations}/${seconds}${isOfNow ? `/${severity}` : ''}`;
    const approved = [...(extensions.get(matter) ?? []), [actor, Date.now()] as const];
    const people = new Map(approved.filter(([, at]) => Date.now() - at <= APPROVAL_LIFETIME_SECONDS * 1000));
    extensions.set(matter, people);
    if (people.size < needed) {
      board.apply({
        type: 'noted',
        at: Date.now(),
        note: `${actor} wants ${seconds} s more for dependents: another person must, too`,
      });
      return `${people.size} of ${needed} people: another one must approve the same`;
    }
    extensions.delete(matter);
    const known = leak();
    if (!known?.rotation) throw refuse('no dependents are being moved any more');
    await extendOverlap(known, seconds, [...people.keys()]);
    return `dependents have ${seconds} s more`;
  }

  async function falsePositive(person: PersonInput): Promise<string> {
    await decisions.authorize(person, 'markFalsePositive');
    await decisions.record('false-positive', person);
    const known = mustBeRestorable(leak());
    known.falsePositive = { actor: person.actor, note: person.note };
    known.story.cancel();
    return 'the refusal is being lifted';
  }
}

/** A refusal that is late takes back what people gave before it. */
function mustBeTight(leak: Leak | undefined): void {
  if (leak?.loose && mayRefuse(leak))
    throw refuse('the refusal is still to be tightened after graver evidence: try again when it is');
}

/** After the one-way door nothing is restored, by anybody. */
function mustBeRestorable(leak: Leak | undefined): Leak {
  if (!leak) throw refuse('it is not known yet what this is about');
  if (leak.falsePositive) throw refuse(`${leak.falsePositive.actor} said so already`);
  if (leak.ending) throw refuse('the incident is being closed');
  if (leak.atTheDoor || leak.input.reopened)
    throw refuse('the version is revoked, or may be: it is never enabled again');
  return leak;
}
