import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { productBundle } from './fault-bundle';
import type { UnitResult } from './unit-result';

const ROOT = resolve(__dirname, '../..');
/** What a case depends on besides the workflows. */
const HARNESS = ['test/faults', 'test/support/fake-activities.ts', 'test/support/recorded-scenarios.ts'];

/** The units that are done, on disk as soon as they are: of these workflows and this harness, and of no other. */
export class FinishedUnits {
  readonly #results = new Map<string, UnitResult>();

  private constructor(private readonly path: string) {}

  static async open({ fresh }: { readonly fresh: boolean }): Promise<FinishedUnits> {
    const stamp = createHash('sha256').update(await productBundle());
    for (const path of HARNESS.flatMap(filesUnder)) stamp.update(path).update(readFileSync(path));
    const path = join(ROOT, '.tourniquet/faults', `${stamp.digest('hex').slice(0, 16)}.jsonl`);
    mkdirSync(dirname(path), { recursive: true });
    if (fresh) rmSync(path, { force: true });
    const finished = new FinishedUnits(path);
    if (existsSync(path)) finished.read();
    return finished;
  }

  has(unit: string): boolean {
    return this.#results.has(unit);
  }

  get(unit: string): UnitResult | undefined {
    return this.#results.get(unit);
  }

  /** It is run again; what it then comes to counts. */
  forget(unit: string): void {
    this.#results.delete(unit);
  }

  add(result: UnitResult): void {
    this.#results.set(result.unit, result);
    appendFileSync(this.path, `${JSON.stringify(result)}\n`);
  }

  private read(): void {
    for (const line of readFileSync(this.path, 'utf8').split('\n')) {
      try {
        const result = JSON.parse(line) as UnitResult;
        this.#results.set(result.unit, result);
      } catch {
        // The line that was being written when the run was stopped: its unit is run again.
      }
    }
  }
}

function filesUnder(path: string): readonly string[] {
  const full = resolve(ROOT, path);
  if (full.endsWith('.ts')) return [full];
  const names = readdirSync(full, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return names.flatMap((entry) => filesUnder(join(full, entry.name)));
}
