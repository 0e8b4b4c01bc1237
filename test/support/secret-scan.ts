/** The places, as paths, where one of `secrets` stands in a value: messages, stacks, causes and fields of errors included. */
export function findSecrets(value: unknown, secrets: readonly string[]): string[] {
  const found: string[] = [];
  const seen = new Set<object>();
  walk(value, 'value');
  return found;

  function walk(item: unknown, path: string): void {
    if (typeof item === 'string' && secrets.some((secret) => item.includes(secret))) found.push(path);
    if ((typeof item !== 'object' && typeof item !== 'function') || item === null || seen.has(item)) return;
    seen.add(item);
    if (Buffer.isBuffer(item)) return walk(item.toString('latin1'), `${path}(bytes)`);
    if (item instanceof Map || item instanceof Set) return walk([...item], `${path}(entries)`);
    // `message`, `stack` and `cause` of an error are own properties that are not enumerable.
    for (const name of Object.getOwnPropertyNames(item)) {
      walk(name, `${path}.${name}(name)`);
      walk((item as Record<string, unknown>)[name], `${path}.${name}`);
    }
  }
}

/** Watches the outcomes of calls for secrets, returned or thrown. */
export class OutcomeWatch {
  readonly #outcomes: unknown[] = [];

  /** The same promise; what becomes of it is kept. */
  see<T>(call: Promise<T>): Promise<T> {
    call.then(
      (value) => this.#outcomes.push(value),
      (error: unknown) => this.#outcomes.push(error),
    );
    return call;
  }

  /** Where the secrets stood since the last call. */
  take(secrets: readonly string[]): string[] {
    return findSecrets(this.#outcomes.splice(0), secrets);
  }
}
