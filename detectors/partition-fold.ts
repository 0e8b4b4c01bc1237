import type { DetectionMessage } from '../domain/detection';
import type { Family } from '../domain/families';
import { principalOf } from '../domain/principal-of';
import { DEFAULT_RISK } from '../domain/risk';
import type { RiskEvent } from '../domain/risk-event';
import type { ControlEvent, PartitionEvent, StreamEvent, UsageEvent } from '../domain/usage-event';
import { concludeEvent } from './conclude-event';
import { detectorsConcerned, listedFor } from './detectors-concerned';
import { isStale, notAhead } from './time-rules';
import type { Detector, SubjectFacts } from './detector';
import { askDetectors, type DetectorFailure } from './ask-detectors';
import { inForce, listingsOf, type AskList } from './listings';
import { isForgotten } from './eviction';
import { locatedUse, type LocatedUsageEvent, type Place } from './located-event';
import { emptySubject, type PartitionState, type SubjectState } from './partition-state';
import { askedWhileShedding, noteOrdinary, pace } from './shedding';
import { isRepeated } from './recent-ids';
import { DETECTORS } from './registry';
import { takeInHand } from './rows';
import { addSubject } from './subject-shards';

export interface FoldOptions {
  /** Where the event's client is. Must answer the same for the same event for as long as a snapshot is to be replayed. */
  readonly locate: (event: UsageEvent) => Place;
  /** What a list's content says of an address at a time; without it no list says anything. Must answer the same for ever. */
  readonly askList?: AskList;
  /** When the stream stored the batch; without it no event counts as future-dated (files). */
  readonly storedAt?: number;
  readonly detectors?: readonly Detector[];
}

export interface FoldResult {
  readonly state: PartitionState;
  /** In the order of events; without holds, which are the worker's. */
  readonly messages: readonly Omit<DetectionMessage, 'hold'>[];
  readonly failures: readonly DetectorFailure[];
}

/**
 * Folds events of one partition, in stream order, into its state. Deterministic: the same events give the same messages with the same
 * ids, in one call or in many. It **takes over** the state it is given: the caller goes on with the returned one only.
 *
 * - *Of a principal*: uses of all its short-lived credentials are judged by one state, and are evidence together; a finding is of the credential used.
 * - *Duplicated*: an id among the subject's latest 32 is skipped; an older repetition is judged again and gives the same detection ids.
 * - *Out of order*: judged and counted as it comes; detectors measure times as distances.
 * - *Late* by over an hour against its subject's newest event: only facts are judged (listed), nothing is learnt from it.
 * - *Future-dated* by over a minute against the stream: judged as of the time it was stored, so that no one can move the clock.
 * - *Control events* change what later events of the subject mean; times decide, not arrival.
 * - *Breaches* say of one use that comes after them what the gateway saw; that use is judged by them.
 * - *Pace* says from where on uses that could only teach are counted and no more.
 * - *Idle* for 400 days, or 30 where no use taught anything yet: forgotten, unless it is listed. Where the caller keeps it meanwhile changes nothing.
 * - *Lists* of threat intelligence that an event puts in force are in force for all that come after it.
 * - *Risk* says by what all evidence is weighed that is concluded after it.
 * - *Probes* of our own are skipped. *Denied use of a revoked version* and *failed authentication behind a public id* are shown
 *   to `listed` detectors only.
 */
export function foldPartition(
  state: PartitionState,
  events: readonly PartitionEvent[],
  options: FoldOptions,
): FoldResult {
  const messages: Omit<DetectionMessage, 'hold'>[] = [];
  const failures: DetectorFailure[] = [];
  for (const raw of events) {
    const event = notAhead(raw, options.storedAt);
    if (event.kind === 'intel') {
      state.intel = inForce(state.intel, event);
      continue;
    }
    if (event.kind === 'pace') {
      pace(state, event);
      continue;
    }
    if (event.kind === 'risk') {
      weighBy(state, event);
      continue;
    }
    state.clock = Math.max(state.clock, event.at);
    const subject = subjectOf(state, event);
    takeInHand(subject);
    if (isRepeated(event.id)) continue;
    if (event.kind === 'control') list(subject, event);
    else if (event.kind === 'breach') {
      const { use, context, what, detail } = event;
      subject.breach = { use, context, what, detail };
    } else if (event.probe === undefined) foldUse(state, subject, event, options, messages, failures);
    subject.lastAt = Math.max(subject.lastAt, event.at);
  }
  return { state, messages, failures };
}

function foldUse(
  { intel, shedsSince, risk }: PartitionState,
  subject: SubjectState,
  event: UsageEvent,
  options: FoldOptions,
  messages: Omit<DetectionMessage, 'hold'>[],
  failures: DetectorFailure[],
): void {
  const detectors = detectorsConcerned(subject, event, options.detectors ?? DETECTORS);
  if (detectors.length === 0) return;
  const listings = listingsOf(intel?.lists ?? [], event, options.askList);
  const located = locatedUse(event, options.locate(event), listings, subject.seed);
  const all = askedAbout(located, detectors);
  const asked = shedsSince === undefined ? all : askedWhileShedding(shedsSince, subject, located, all);
  const answer = askDetectors(located, asked, factsOf(subject, event));
  for (const failure of answer.failures) failures.push(failure);
  if (answer.findings.length > 0)
    messages.push(...concludeEvent(subject, event, answer.findings, risk?.thresholds ?? DEFAULT_RISK));
  else if (event.outcome === 'accepted' && !isStale(event, subject.lastAt)) {
    if (subject.cleanUses === 0) subject.cleanSince = event.at;
    subject.cleanUses += 1;
    if (shedsSince !== undefined && asked === all) noteOrdinary(shedsSince, subject, located);
  }
}

/** Kinds of witness that speak of nothing but where a use came from. */
const OF_PLACES: readonly Family[] = ['origin', 'travel', 'spread'];

/** What we know for a familiar place is neither news nor a habit; every other detector is asked all the same. */
function askedAbout({ listings }: LocatedUsageEvent, detectors: readonly Detector[]): readonly Detector[] {
  const isFamiliar = listings.length > 0 && listings.some(({ says }) => says === 'familiar');
  return isFamiliar ? detectors.filter(({ family }) => !OF_PLACES.includes(family)) : detectors;
}

function factsOf(subject: SubjectState, event: UsageEvent): SubjectFacts {
  const { listedAt, breach, cleanUses, cleanSince } = subject;
  const listed = listedFor(subject, event);
  return { listed, listedAt, breach, cleanUses, cleanSince, suspectedBy: [] };
}

function subjectOf(state: PartitionState, event: StreamEvent): SubjectState {
  const name = principalOf(event);
  const known = state.subjects.get(name);
  if (known && !isForgotten(known, state.clock)) return known;
  const subject = emptySubject(name);
  subject.lastAt = event.at;
  if (known) state.subjects.set(name, subject);
  else addSubject(state, name, subject);
  return subject;
}

/** An older word that arrives late, such as one out of the dead letters, does not undo a newer one. */
function weighBy(state: PartitionState, { at, thresholds }: RiskEvent): void {
  if (at >= (state.risk?.at ?? 0)) state.risk = { at, thresholds };
}

function list(subject: SubjectState, event: ControlEvent): void {
  // An older statement that arrives late does not undo a newer one.
  if (event.at < subject.listedAt) return;
  subject.listed = event.listed;
  // A person has looked at what there was against it. What the detectors said stays said, so the same is no news.
  if (event.listed === 'none') subject.evidence = [];
  subject.listedAt = event.at;
}
