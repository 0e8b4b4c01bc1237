/** Cases of a contract that an implementation can't have, each with the reason why. */
export interface Exemption {
  readonly reason: string;
  readonly cases: readonly string[];
}

/** Declares one case of a contract. */
export type ContractCase = (name: string, run: () => Promise<void>, timeoutMs?: number) => void;

/**
 * A contract's own `it`: a case that is exempt is shown as skipped, with its reason. Call `done` after the last case: an
 * exemption that names no case is a mistake, or a case that was renamed.
 */
export function contractCases(skip: readonly Exemption[]): { readonly contractCase: ContractCase; done(): void } {
  const reasons = new Map(skip.flatMap(({ reason, cases }) => cases.map((name) => [name, reason] as const)));
  const declared = new Set<string>();
  return {
    contractCase(name, run, timeoutMs) {
      declared.add(name);
      const reason = reasons.get(name);
      if (reason === undefined) it(name, run, timeoutMs);
      else it.skip(`${name} (${reason})`, run);
    },
    done() {
      const unknown = [...reasons.keys()].filter((name) => !declared.has(name));
      it('exempts only cases that exist', () => expect(unknown).toEqual([]));
    },
  };
}

/** `describe`, unless something is missing here; with CI set nothing may be. */
export function describeWith(missing: string | undefined): jest.Describe {
  return missing === undefined || process.env['CI'] ? describe : describe.skip;
}
