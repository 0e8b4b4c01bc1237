import { FinishedUnits } from './finished-units';
import type { RunOptions } from './run-options';
import { RunTooLong, StuckLane } from './run-on-server';
import type { ServerLane } from './server-lane';
import { withServerLanes } from './server-lanes';
import { runServerUnit, serverPairs, serverSingles } from './server-suite';
import { shareOut, SimulatorThread } from './simulator-pool';
import type { UnitResult } from './unit-result';

/** They wait more than they work: for time-outs, which are real time. */
const LANES = 8;
/** A lane serves some dozens of cases before it is stuck; a case that comes to no end in any of these many rounds is a violation. */
const ROUNDS = 60;
/** Of those, on servers that go on: each is three runs. */
const TRIES = 4;
const SERVER = 'server ';

/** The enumeration: part after part, each unit kept as soon as it is done. */
export class FaultRun {
  readonly #threads: readonly SimulatorThread[];
  readonly #tooLong = new Map<string, number>();

  private constructor(
    private readonly finished: FinishedUnits,
    private readonly options: RunOptions,
    threads: number,
    private readonly say: (line: string) => void,
  ) {
    this.#threads = Array.from({ length: threads }, () => new SimulatorThread());
  }

  /** All results of what was asked for, those of earlier runs included. */
  static async run(options: RunOptions, threads: number, say: (line: string) => void): Promise<readonly UnitResult[]> {
    const run = new FaultRun(await FinishedUnits.open(options), options, threads, say);
    try {
      return await run.parts();
    } finally {
      await Promise.all(run.#threads.map((thread) => thread.stop()));
    }
  }

  private get simulator(): SimulatorThread {
    return this.#threads[0]!;
  }

  private async parts(): Promise<readonly UnitResult[]> {
    const { parts, part } = this.options;
    const server = [...(await serverSingles(this.simulator)), ...(await serverPairs(this.simulator))];
    const simulated = await this.simulator.units();
    const results: UnitResult[] = [];
    for (let one = part ?? 1; one <= (part ?? parts); one++) {
      const begin = Date.now();
      const mine = (units: readonly string[]): readonly string[] =>
        units.filter((_, index) => index % parts === one - 1);
      const ofServer = [...new Set(mine(server).map((unit) => SERVER + unit))];
      const ofSimulator = mine(simulated);
      await this.onServer(this.left(ofServer));
      await this.onServer(this.violated(ofServer));
      await shareOut(this.left(ofSimulator), this.#threads, async (thread, unit) => {
        this.finished.add({ unit, ...(await thread.unit(unit)) });
        return true;
      });
      const done = [...ofServer, ...ofSimulator].flatMap((unit) => this.finished.get(unit) ?? []);
      results.push(...done);
      this.say(`part ${one}/${parts}: ${summaryOf(done)}, ${Math.round((Date.now() - begin) / 1_000)} s`);
    }
    return results;
  }

  /** A lane that is stuck takes no more cases; what is left then is tried again on new ones. */
  private async onServer(units: readonly string[]): Promise<void> {
    for (let round = 1; round <= ROUNDS && this.left(units).length > 0; round++) {
      await withServerLanes(LANES, (lanes) =>
        shareOut(this.left(units), lanes, (lane, unit) => this.onLane(lane, unit)),
      );
    }
    for (const unit of this.left(units)) this.giveUp(unit);
  }

  private giveUp(unit: string): void {
    const violations = [{ case: unit.slice(SERVER.length), what: 'on the server: it comes to no end' }];
    this.finished.add({ unit, cases: 1, violations });
  }

  private async onLane(lane: ServerLane, unit: string): Promise<boolean> {
    try {
      const result = await runServerUnit(lane, this.simulator, unit.slice(SERVER.length));
      this.finished.add({ unit, ...result });
      return true;
    } catch (error) {
      if (error instanceof RunTooLong) {
        const tries = (this.#tooLong.get(unit) ?? 0) + 1;
        this.#tooLong.set(unit, tries);
        if (tries === TRIES) this.giveUp(unit);
        return true;
      }
      if (error instanceof StuckLane) return false;
      throw error;
    }
  }

  /** A busy machine makes another case of one: what is violated is violated again. */
  private violated(units: readonly string[]): readonly string[] {
    const violated = units.filter((unit) => this.finished.get(unit)?.violations.length);
    for (const unit of violated) this.finished.forget(unit);
    return violated;
  }

  private left(units: readonly string[]): readonly string[] {
    return units.filter((unit) => !this.finished.has(unit));
  }
}

/** The line it ends with. */
export function summaryOf(results: readonly UnitResult[]): string {
  const cases = results.reduce((sum, result) => sum + result.cases, 0);
  const violations = results.reduce((sum, result) => sum + result.violations.length, 0);
  return `${cases} cases, ${violations} violations`;
}
