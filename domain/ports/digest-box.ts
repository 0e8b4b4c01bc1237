import type { Audience, Notice } from './notifier';

export interface DigestNotice {
  /** Of the step that tells it; the same for every attempt. */
  readonly stepKey: string;
  readonly notice: Notice;
}

export interface WaitingNotice extends DigestNotice {
  /** Since when it waits, milliseconds since the epoch. */
  readonly at: number;
}

/** Several notices of one audience, kind and cause, told as one. */
export interface Digest {
  readonly id: string;
  readonly audience: Audience;
  /** Since it was made, milliseconds. */
  readonly ageMs: number;
  readonly notices: readonly WaitingNotice[];
}

/** Notices that many others of the same cause came before. Shared by all workers; what is in a digest stays so, so that it can be sent again under the same key. */
export interface DigestBox {
  /** Whether a notice is to be sent by itself; where it is not, it is kept for a digest. The same answer for the same step. What waits of the same incident is told no more: this says more. */
  goesAlone(notice: DigestNotice & { readonly audience: Audience }): Promise<boolean>;
  /** Makes digests of what has waited long enough. */
  gather(): Promise<void>;
  /** One that was not sent yet, for this caller alone for a while; undefined while there is none, and of one that is a day old. */
  claim(): Promise<Digest | undefined>;
  markSent(id: string): Promise<void>;
}
