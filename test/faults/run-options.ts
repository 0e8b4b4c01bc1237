import { parseArgs } from 'node:util';

/** What `npm run test:faults -- …` was asked for. */
export interface RunOptions {
  /** Forget what earlier runs have finished. */
  readonly fresh: boolean;
  readonly parts: number;
  /** Only this one of them; all, one after the other, where it is not said. */
  readonly part?: number;
  /** One case alone, in the simulator and on the server. */
  readonly case?: string;
}

/** About 130,000 cases: each part ends within ten minutes on two cores, also when they do something else as well. */
const PARTS = 12;

/** @throws when an argument is none */
export function parseOptions(args: readonly string[]): RunOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { fresh: { type: 'boolean' }, part: { type: 'string' }, case: { type: 'string' } },
  });
  const named = values.case === undefined ? {} : { case: values.case };
  if (values.part === undefined) return { fresh: values.fresh ?? false, parts: PARTS, ...named };
  const [part = 0, parts = 0] = values.part.split('/').map(Number);
  if (!(part >= 1 && part <= parts && Number.isInteger(part) && Number.isInteger(parts)))
    throw new Error(`--part ${values.part} is none: say which of how many, such as 2/${PARTS}`);
  return { fresh: values.fresh ?? false, parts, part, ...named };
}
