import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogRecord } from '../../detectors/sigma/record';
import { runProgram } from '../../stack/run-program';
import { userCachePath } from '../../stack/toolchain/user-cache';

const VERSION = '0.23.0';
const ROOT = join(userCachePath(), `rsigma-${VERSION}`);
const PROGRAM = join(ROOT, 'bin', 'rsigma');
const RUN_MS = 120_000;

/** Marks where the results of the next event begin: the program names neither an event nor its line. */
const MARK = 'tourniquetEvent';

/** What the other engine needs and is not here, with the command that builds it; undefined where it is. */
export function missingRsigma(): string | undefined {
  if (existsSync(PROGRAM)) return undefined;
  return (
    `${PROGRAM} is not there. It is not built by tests nor by CI, since that takes minutes and Rust, which nothing else here needs. ` +
    `Build it with: cargo install rsigma --version ${VERSION} --locked --no-default-features --features logfmt --root ${ROOT}`
  );
}

/** A rule's `detection`, by a name of its own. */
export type NamedDetections = ReadonlyMap<string, object>;

export interface RsigmaVerdicts {
  /** Names of the rules that each event matched, in the order of the events. */
  readonly matches: readonly ReadonlySet<string>[];
  /** Rules that it doesn't take, with its reason. */
  readonly refused: ReadonlyMap<string, string>;
}

/** Asks rsigma about every rule and every event. */
export async function rsigmaVerdicts(rules: NamedDetections, events: readonly LogRecord[]): Promise<RsigmaVerdicts> {
  const folder = await mkdtemp(join(tmpdir(), 'tourniquet-rsigma-'));
  try {
    const refused = await refusedOf(rules, folder);
    const taken = new Map([...rules].filter(([name]) => !refused.has(name)));
    const rulesFile = join(folder, 'rules.yml');
    const eventsFile = join(folder, 'events.ndjson');
    const outFile = join(folder, 'results.ndjson');
    // The mark comes first: results of one event come in the order of the rules.
    const mark = { selection: { [`${MARK}|gte`]: 0 }, condition: 'selection' };
    await writeFile(rulesFile, documentsOf(new Map([[MARK, mark], ...taken])));
    await writeFile(eventsFile, events.map((event, at) => `${JSON.stringify({ ...event, [MARK]: at })}\n`).join(''));
    // By a file: what a pipe gives in pieces may be cut within a character.
    const command = '"$0" engine eval --rules "$1" --event "@$2" --output-format ndjson > "$3"';
    const { code, output } = await runProgram('/bin/sh', ['-c', command, PROGRAM, rulesFile, eventsFile, outFile], {
      timeoutMs: RUN_MS,
    });
    if (code !== 0) throw new Error(`rsigma ended with status ${code}: ${output.trim()}`);
    return { matches: matchesIn(outFile, events.length), refused };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Which rules it does not take: it tells of a rule that doesn't compile by name, and of one that can't be parsed only when asked alone. */
async function refusedOf(rules: NamedDetections, folder: string): Promise<ReadonlyMap<string, string>> {
  const { parse_errors: unparsed, compile_errors: refused } = await validated(rules, join(folder, 'all'));
  const names = [...rules.keys()].sort((a, b) => b.length - a.length);
  const byName = new Map(refused.map((text) => [names.find((name) => text.startsWith(`${name}: `)) ?? text, text]));
  if (unparsed.length === 0) return byName;
  for (const [name, detection] of rules) {
    const [reason] = (await validated(new Map([[name, detection]]), join(folder, 'alone'))).parse_errors;
    if (reason !== undefined) byName.set(name, reason);
  }
  return byName;
}

interface Validated {
  readonly parse_errors: readonly string[];
  readonly compile_errors: readonly string[];
}

async function validated(rules: NamedDetections, folder: string): Promise<Validated> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'rules.yml'), documentsOf(rules));
  const { output } = await runProgram(PROGRAM, ['rule', 'validate', folder, '--output-format', 'json'], {
    timeoutMs: RUN_MS,
  });
  return JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1)) as Validated;
}

/** JSON is YAML. The name is the rule's title and id. */
function documentsOf(rules: NamedDetections): string {
  return [...rules]
    .map(([name, detection]) => JSON.stringify({ title: name, id: name, logsource: { product: 'any' }, detection }))
    .join('\n---\n');
}

interface Result {
  readonly rule_id: string;
  readonly matched_fields: readonly { readonly value: number }[];
}

function matchesIn(file: string, count: number): readonly ReadonlySet<string>[] {
  const matches = Array.from({ length: count }, () => new Set<string>());
  let at = -1;
  let marks = 0;
  for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    const result = JSON.parse(line) as Result;
    if (result.rule_id === MARK) {
      at = result.matched_fields[0]?.value ?? -1;
      marks += 1;
    } else matches[at]?.add(result.rule_id);
  }
  if (marks !== count) throw new Error(`rsigma answered for ${marks} of ${count} events`);
  return matches;
}
