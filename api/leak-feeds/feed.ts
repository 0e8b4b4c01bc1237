import type { IncomingHttpHeaders } from 'node:http';

/** A value; or its hash as HasMySecretLeaked forms it, where the scanner keeps the value to itself. */
export type FoundValue = { readonly token: string } | { readonly hmsl: string };

/** One finding of a scanner. */
export interface FoundSecret {
  readonly secret: FoundValue;
  /** The scanner's name of the kind of secret. */
  readonly type: string;
  /** Where it was found; people read it. */
  readonly place: string;
  /** What tells it from the same finding told before: told again with another one it is news. */
  readonly occasion?: string;
}

/** What became of a finding. `public`: of a kind that is no secret. `unknown`: none of ours. `taken`: ours, and acted on. */
export type FoundOutcome = 'public' | 'unknown' | 'taken';

/** A scanner that pushes findings to us and signs them. */
export interface LeakFeed {
  /** Its name in the route, in reports and in counts. */
  readonly id: string;
  /** Headers that a request proves itself by, as the scanner's documentation writes them. */
  readonly proofHeaders: readonly string[];
  /** Headers that the signature is over, beside the body. */
  readonly signedHeaders?: readonly string[];
  /** Whether the request comes from the scanner, and now; looked at before anything else is done. `body` is what was sent, to the byte. */
  verify(headers: IncomingHttpHeaders, body: Buffer, now: number): Promise<boolean>;
  /** @throws InvalidRequest when it is signed, and of no known shape */
  read(body: Buffer): readonly FoundSecret[];
  /** What the scanner wants to hear; nothing by default. */
  answer?(found: readonly FoundSecret[], outcomes: readonly FoundOutcome[]): unknown;
}
