import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DependentRecord } from '../../domain/credential';
import type { SecretStore } from '../../domain/ports/stores';

/** Programs of a user, in a folder, that say which version a service uses. */
export interface ProgramRig {
  readonly using: string;
  readonly log: string;
  /** The probe of the service, and of others that are silent, garble, or may not be run. */
  readonly probes: Readonly<Record<'good' | 'silent' | 'garbling' | 'forbidden', readonly [string]>>;
  held(): number;
  probeWorks(works: boolean): void;
  /** Writes a program that `sh` reads. */
  program(name: string, lines: string): string;
  /** What programs were given. */
  given(): readonly string[];
}

export function programRig(folder: string): ProgramRig {
  const [using, log, broken] = ['using', 'log', 'probe-fails'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(log, '');
  const program = (name: string, lines: string): string => {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\necho "$0 $* $(env)" >> '${log}'\n${lines}\n`);
    chmodSync(path, 0o700);
    return path;
  };
  const forbidden = program('forbidden', 'exit 0');
  chmodSync(forbidden, 0o600);
  return {
    using,
    log,
    probes: {
      good: [program('probe', `cat '${using}'; test ! -e '${broken}'`)],
      silent: [program('silent', 'exec sleep 60')],
      garbling: [program('garbling', "echo '<html'")],
      forbidden: [forbidden],
    },
    held: () => Number(readFileSync(using, 'utf8')),
    probeWorks: (works) => (works ? rmSync(broken, { force: true }) : writeFileSync(broken, '')),
    program,
    given: () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').filter(Boolean) : []),
  };
}

export function dependentOf(kind: string, target: string): DependentRecord {
  return { id: 'orders-checkout', kind, target, owner: 'payments', criticality: 1 };
}

/** A store of tokens that can be away. */
export function tokensOf(credentialId: string): {
  readonly store: Pick<SecretStore, 'get'>;
  readonly secrets: readonly string[];
  /** How often it was asked in vain. */
  failed(): number;
  storeAnswers(answers: boolean): void;
} {
  const token = (version: number): string => `canary-token-${version}-of-${credentialId}`;
  let failed = 0;
  let answers = true;
  return {
    store: {
      get({ version }) {
        if (!answers) {
          failed += 1;
          return Promise.reject(new Error('the secret store is away'));
        }
        return Promise.resolve(JSON.stringify({ kind: 'api-token', token: token(version) }));
      },
    },
    secrets: [1, 2, 3].map(token),
    failed: () => failed,
    storeAnswers: (answering) => void (answers = answering),
  };
}
