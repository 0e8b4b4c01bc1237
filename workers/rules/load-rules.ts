import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments, type Document } from 'yaml';
import { compileRule, type CompiledRule } from '../../detectors/sigma/compile-rule';
import { countedBy } from '../../detectors/sigma/rule';
import { RuleSet } from '../../detectors/sigma/rule-set';
import { rulesWithoutSource } from '../../detectors/sources/rules-without-source';
import { IncidentError } from '../../domain/errors';
import { projectRoot } from '../project-root';
import type { Settings } from '../settings';

/** Matches are counted by id: two of one were twice as many. */
const SAME_ID = 'a rule before it has the same id, or both have none and the same title: give it one of its own';

/** What a folder of rules gave. */
export interface LoadedRules {
  readonly rules: RuleSet;
  readonly ids: readonly string[];
  /** SIGMA_RULE_REFUSED, each with its file and reason. */
  readonly refused: readonly IncidentError[];
}

/** The rules that come with Tourniquet. */
export function ownRules(): string {
  return join(projectRoot(), 'rules');
}

/**
 * Reads the Sigma rules (`*.yml`, `*.yaml`, also several documents a file) in folders, folders in them included, and in files that are named themselves. A
 * rule that is refused takes no other with it. @throws IncidentError CONFIG_INVALID for a folder that can't be read
 */
export function loadRules(places: readonly string[]): LoadedRules {
  const compiled = new Map<string, CompiledRule>();
  const refused: IncidentError[] = [];
  const found = places
    .flatMap(ruleFilesIn)
    .filter(isFirstOfItsFile())
    .flatMap((file) => documentsOf(file).map((document) => ({ file, ...document })));
  const counted = new Set(found.flatMap(({ value }) => countedBy(value)));
  for (const { file, value, fault } of found) {
    try {
      if (fault !== undefined) throw new IncidentError('SIGMA_RULE_REFUSED', { reason: fault });
      const rule = compileRule(value, counted);
      if (compiled.has(rule.id)) throw new IncidentError('SIGMA_RULE_REFUSED', { rule: rule.title, reason: SAME_ID });
      compiled.set(rule.id, rule);
    } catch (error) {
      if (!(error instanceof IncidentError)) throw error;
      refused.push(new IncidentError(error.code, { file, ...error.fields }));
    }
  }
  return { rules: RuleSet.of([...compiled.values()]), ids: [...compiled.keys()], refused };
}

/**
 * Our own rules and those of the settings file, for what comes in live. A rule that is refused is logged, and how many are about no source of ours.
 * @throws IncidentError CONFIG_INVALID for a folder that can't be read
 */
export function liveRules(
  settings: Pick<Settings, 'rules'>,
  log: { warn(what: object, message: string): void },
): RuleSet {
  const { rules, refused } = loadRules([ownRules(), ...settings.rules]);
  for (const { message } of refused) log.warn({ reason: message }, 'a rule was refused');
  const reason = rulesWithoutSource(rules);
  if (reason !== undefined) log.warn({ reason }, 'some rules match nothing');
  return rules;
}

/** By links a file may be found under many names, as where Kubernetes mounts a ConfigMap. */
function isFirstOfItsFile(): (file: string) => boolean {
  const known = new Set<string>();
  return (file) => {
    const real = realPath(file);
    const isFirst = !known.has(real);
    known.add(real);
    return isFirst;
  };
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

function ruleFilesIn(place: string): readonly string[] {
  try {
    if (statSync(place).isFile()) return [place];
    return readdirSync(place, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(place, name));
  } catch (cause) {
    throw new IncidentError('CONFIG_INVALID', { faults: [`${place}: this folder of rules can't be read`] }, { cause });
  }
}

/** One document of a file, or why it is none. */
interface ReadDocument {
  readonly value?: unknown;
  readonly fault?: string;
}

function documentsOf(file: string): readonly ReadDocument[] {
  try {
    return [parseAllDocuments(readFileSync(file, 'utf8'))].flat().map(readDocument);
  } catch (error) {
    return [{ fault: `it can't be read (${(error as NodeJS.ErrnoException).code ?? 'no text'})` }];
  }
}

function readDocument(document: Document.Parsed): ReadDocument {
  const [error] = document.errors;
  // What follows the first line is the place in the file, drawn.
  if (error) return { fault: `no YAML: ${error.message.split('\n', 1)[0]?.replace(/:$/, '')}` };
  try {
    return { value: document.toJS() };
  } catch {
    // Aliases of aliases of aliases, which would be more than there is memory.
    return { fault: 'no YAML that can be held: its aliases can not be resolved' };
  }
}
