import type { ApprovedAction } from '../../../domain/approval';
import type { Credential, VersionState } from '../../../domain/credential';
import type { KnownAgainst } from '../../../domain/incident';
import type { Notice } from '../../../domain/ports/notifier';
import type { AuditEvent } from '../../../domain/ports/stores';

/** One secret version as it really is, and as our inventory believes it is. */
export interface TrueVersion {
  /** `locked`: still there, and nobody can log in with it. */
  atProvider: 'absent' | 'live' | 'locked' | 'dead';
  state: VersionState;
}

/** How strongly gateways refuse a version: a containment that goes down this list was loosened. */
export const REFUSALS = ['none', 'known-contexts-only', 'deny-all', 'revoked'] as const;

export type Refusal = (typeof REFUSALS)[number];

export interface AuditEntry extends Pick<AuditEvent, 'action' | 'phase' | 'stepKey' | 'actor'> {
  readonly outcome?: string;
  /** What a used approval allowed. */
  readonly approved?: ApprovedAction;
  /** How many true effects there were before it. */
  readonly afterEffects: number;
}

/** Something that really changed outside, in order. */
export interface TrueEffect {
  readonly what: 'refuse' | 'loosen' | 'lock' | 'extend' | 'mint' | 'move' | 'restore' | 'discard' | 'revoke';
  readonly version: number;
  readonly stepKey: string;
  readonly dependent?: string;
}

/** What is not as it should be outside, until a person has mended it. */
export interface Trouble {
  /** Says that it moves, and never does. */
  readonly neverMoves?: string;
  /** Refuses our hook. */
  readonly refusesMove?: string;
  /** The provider does not take the first value that is minted. */
  readonly rejectsFirstValue?: true;
  /** Too much was revoked without a person. */
  readonly budgetSpent?: true;
  /** The provider says that it revoked, and did not. */
  readonly revokeIsNoRevoke?: true;
  /** So many replacements work for everybody, and no longer when they are the control of the proof. */
  readonly replacementsBreak?: number;
  /** Whether it is dead can not be seen. */
  readonly nothingIsSeen?: true;
}

/**
 * What has been before. `ended`: an earlier incident has ended the version, and replaced it. `unproven`: the same, but nobody has proven that it
 * is dead, and a dependent has not moved. `replaced`: it was refused and replaced, and one has not moved.
 */
export type Past = 'nothing' | 'ended' | 'ended-and-works-again' | 'unproven' | 'replaced';

export interface WorldSetting {
  readonly credential: Credential;
  readonly hasProvider: boolean;
  /** Its provider can only end it, and a person alone can have another one issued, who does when they are asked. */
  readonly issuedByPerson?: true | undefined;
  readonly past: Past;
  readonly trouble: Trouble;
  readonly now: () => number;
  /** A page has reached people. */
  readonly onPage: (page: DeliveredNotice) => void | Promise<void>;
}

export interface DeliveredNotice {
  readonly kind: Notice['kind'];
  readonly audience: string;
  readonly incidentId: string;
  readonly summary: string;
  /** How many true effects there were before it. */
  readonly afterEffects: number;
}

/**
 * What is outside of Temporal, kept as it really is: which versions live, who uses which, who is refused, and what was recorded and told.
 * It shares no code with the saga.
 */
export class World {
  readonly versions = new Map<number, TrueVersion>();
  readonly refusals = new Map<number, Refusal>();
  /** Until when known contexts may use the leaked version, where only they may. */
  laneUntil = Infinity;
  /** What its incidents knew. */
  known: KnownAgainst | undefined;
  /** Which version each dependent uses. */
  readonly uses = new Map<string, number>();
  readonly effects: TrueEffect[] = [];
  readonly audit: AuditEntry[] = [];
  readonly told: DeliveredNotice[] = [];
  readonly reserved = new Map<string, number>();
  readonly deliveries = new Set<string>();
  /** How much longer people gave dependents, by the step that did. */
  readonly granted = new Map<string, { readonly seconds: number; readonly generation: number | undefined }>();
  /** Replacements that no longer work though nobody ended them. */
  readonly broken = new Set<number>();
  /** What a person had issued, who has it whatever becomes of the incident. */
  readonly given = new Set<number>();
  #trouble: Trouble;

  constructor(readonly setting: WorldSetting) {
    this.#trouble = setting.trouble;
    this.versions.set(LEAKED, { atProvider: 'live', state: 'live' });
    this.refusals.set(LEAKED, 'none');
    const inUse = setting.past === 'nothing' ? LEAKED : this.wasEnded(setting.past);
    for (const { id } of setting.credential.dependents) this.uses.set(id, inUse);
    const last = setting.credential.dependents.at(-1);
    if (last && (setting.past === 'unproven' || setting.past === 'replaced')) this.uses.set(last.id, LEAKED);
  }

  get trouble(): Trouble {
    return this.#trouble;
  }

  /** A person has seen to it. */
  mend(): void {
    const leaked = this.version(LEAKED);
    if (this.#trouble.revokeIsNoRevoke && leaked.state === 'revoked') leaked.atProvider = 'dead';
    for (const number of this.broken)
      if (this.version(number).state === 'live') this.version(number).atProvider = 'live';
    this.broken.clear();
    this.#trouble = {};
    const hasOne = [...this.versions].some(([number, { state }]) => number !== LEAKED && state === 'live');
    if (this.setting.issuedByPerson && !hasOne) this.give();
  }

  private give(): void {
    const next = Math.max(...this.versions.keys()) + 1;
    this.versions.set(next, { atProvider: 'live', state: 'live' });
    this.refusals.set(next, 'none');
    this.given.add(next);
  }

  /** The provider has lost a replacement, as many as the trouble says. */
  breakReplacement(number: number): void {
    const { replacementsBreak = 0 } = this.#trouble;
    if (this.broken.size >= replacementsBreak || !this.works(number)) return;
    this.broken.add(number);
    this.version(number).atProvider = 'dead';
  }

  version(number: number): TrueVersion {
    const version = this.versions.get(number);
    if (!version) throw new Error(`there is no version ${number}`);
    return version;
  }

  /** A version number for a step, the same however often it is asked for. */
  reserve(stepKey: string): number {
    const known = this.reserved.get(stepKey);
    if (known !== undefined) return known;
    const next = Math.max(...this.versions.keys()) + 1;
    this.reserved.set(stepKey, next);
    this.versions.set(next, { atProvider: 'absent', state: 'pending' });
    this.refusals.set(next, 'none');
    return next;
  }

  /** Compare-and-set, as the denylist does it: what is there already and is stronger stays. */
  refuse(number: number, refusal: Refusal, stepKey: string): void {
    const before = this.refusals.get(number) ?? 'none';
    if (REFUSALS.indexOf(refusal) <= REFUSALS.indexOf(before)) return;
    this.setRefusal(number, refusal, stepKey);
  }

  /** Whatever is asked for: only a person's decision, or a broken saga, makes it weaker. */
  setRefusal(number: number, refusal: Refusal, stepKey: string): void {
    const before = this.refusals.get(number) ?? 'none';
    this.refusals.set(number, refusal);
    const weaker = REFUSALS.indexOf(refusal) < REFUSALS.indexOf(before);
    this.effects.push({ what: weaker ? 'loosen' : 'refuse', version: number, stepKey });
  }

  private wasEnded(past: Exclude<Past, 'nothing'>): number {
    const atProvider = past === 'replaced' ? 'locked' : past === 'ended-and-works-again' ? 'live' : 'dead';
    this.versions.set(LEAKED, { atProvider, state: past === 'replaced' ? 'quarantined' : 'revoked' });
    this.refusals.set(LEAKED, past === 'replaced' ? 'deny-all' : 'revoked');
    this.versions.set(REPLACED_BEFORE, { atProvider: 'live', state: 'live' });
    this.refusals.set(REPLACED_BEFORE, 'none');
    return REPLACED_BEFORE;
  }

  /** Whether nobody but known contexts can use it any more. */
  isRefused(number: number): boolean {
    return this.refusals.get(number) !== 'none' || this.version(number).atProvider !== 'live';
  }

  /** Whether a dependent that uses it works. A lane for known contexts ends, and is not counted on. */
  works(number: number): boolean {
    return this.version(number).atProvider === 'live' && this.refusals.get(number) === 'none';
  }
}

/** The version that every incident here is about. */
export const LEAKED = 1;
/** What took its place in an earlier incident. */
export const REPLACED_BEFORE = 2;
