import { Option } from 'commander';

/** One value each time, so that it takes no argument that follows for another one. */
export function repeatableOption(flags: string, description: string): Option {
  return new Option(flags, `${description} (again for more)`)
    .argParser((value: string, before: readonly string[]) => [...before, value])
    .default([], 'none');
}
