import { resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { SimulatorRequests } from './simulator-thread';

const HOOK = resolve(__dirname, '../../scripts/typescript-require.cjs');
const PROGRAM = resolve(__dirname, 'simulator-thread.ts');

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** One thread that runs the simulator: beside the others, and with a `process` of its own also under Jest. */
export class SimulatorThread implements SimulatorRequests {
  readonly #worker = new Worker(PROGRAM, { execArgv: ['--require', HOOK] });
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;

  constructor() {
    this.#worker.on('message', ({ id, value, error }: Answer) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(value as never);
      else waiting?.reject(new Error(error));
    });
    this.#worker.on('error', (error) => {
      for (const { reject } of this.#waiting.values()) reject(error);
    });
  }

  units: SimulatorRequests['units'] = () => this.ask('units', []);
  unit: SimulatorRequests['unit'] = (...args) => this.ask('unit', args);
  look: SimulatorRequests['look'] = (...args) => this.ask('look', args);

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }

  private ask<T>(name: keyof SimulatorRequests, args: readonly unknown[]): Promise<T> {
    const id = ++this.#asked;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, name, args });
    });
  }
}

/** Takes `items` one after the other, by as many hands as there are; a hand for which `work` comes to false takes no more. */
export async function shareOut<Item, Hand>(
  items: readonly Item[],
  hands: readonly Hand[],
  work: (hand: Hand, item: Item) => Promise<boolean>,
): Promise<void> {
  const left = [...items];
  await Promise.all(
    hands.map(async (hand) => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) if (!(await work(hand, item))) return;
    }),
  );
}
