import { readFileSync } from 'node:fs';
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { IncidentError } from '../domain/errors';
import { nameOf } from '../domain/name-of';

/** Of a file that is no YAML at all: each fault makes more behind it. */
const MOST_BROKEN = 5;

/**
 * Reads a YAML file by its schema. @throws IncidentError CONFIG_INVALID listing every fault with its place, and never what stands there:
 * a webhook's address may hold a token.
 */
export function readYamlFile<T>(path: string, schema: z.ZodType<T>): T {
  const lines = new LineCounter();
  const document = parseDocument(readText(path), { lineCounter: lines });
  const place = (offset: number | undefined): string => {
    if (offset === undefined) return path;
    const { line, col } = lines.linePos(offset);
    return `${path}: line ${line}, column ${col}`;
  };
  const broken = document.errors.slice(0, MOST_BROKEN).map(({ code, pos }) => `${place(pos[0])}: ${code}`);
  if (broken.length > 0) throw new IncidentError('CONFIG_INVALID', { faults: broken });
  const value = plainValue(document, path);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { issues } = parsed.error;
  const faults = [...issues, ...faultsOfTheRest(value, schema, issues)]
    .flatMap((issue) => faultsOf(document, issue))
    .map(({ offset, path: at, message }) => [
      place(offset),
      ...(at.length > 0 ? [at.map(shownKey).join('.')] : []),
      message,
    ])
    .map((parts) => parts.join(': '));
  throw new IncidentError('CONFIG_INVALID', { faults });
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new IncidentError('CONFIG_INVALID', { faults: [`${path}: can't be read`] }, { cause });
  }
}

/** An alias to nowhere is found only here. */
function plainValue(document: Document, path: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    const kind = nameOf(error);
    throw new IncidentError('CONFIG_INVALID', { faults: [`${path}: an alias can't be resolved (${kind})`] });
  }
}

/** A schema asks whether the values go together only where each has its shape: so that is asked once more without those that have not. */
function faultsOfTheRest(value: unknown, schema: z.ZodType, issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  const rest = structuredClone(value);
  let left: readonly z.core.$ZodIssue[] = issues;
  for (let round = 0; round < MAX_DEPTH && left.some(isOfShape); round++) {
    for (const place of left.filter(isOfShape).flatMap(placesOf)) remove(rest, place);
    left = schema.safeParse(rest).error?.issues ?? [];
  }
  const known = new Set(issues.map(({ path }) => path.join('.')));
  return left.filter((issue) => !isOfShape(issue) && !known.has(issue.path.join('.')));
}

/** What is missing takes what it is missing in with it, up to the root. */
const MAX_DEPTH = 8;

function isOfShape({ code }: z.core.$ZodIssue): boolean {
  return code !== 'custom';
}

/** Unknown keys are each at a place of their own. */
function placesOf(issue: z.core.$ZodIssue): readonly (readonly PropertyKey[])[] {
  return issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
}

/** A whole list rather than one of it: the others would be looked for in the wrong place. */
function remove(value: unknown, path: readonly PropertyKey[]): void {
  const end = path.findIndex((key) => typeof key === 'number');
  const keys = end === -1 ? path : path.slice(0, end);
  const last = keys.at(-1);
  if (last === undefined) return;
  const parent = keys.slice(0, -1).reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), value);
  if (isRecord(parent) && last in parent) delete parent[last];
  else remove(value, keys.slice(0, -1));
}

function isRecord(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null;
}

interface Fault {
  readonly path: readonly PropertyKey[];
  readonly offset: number | undefined;
  readonly message: string;
}

/** Unknown keys are faults of their own, each where it is written; what is missing stands where it should be. */
function faultsOf(document: Document, issue: z.core.$ZodIssue): readonly Fault[] {
  const { path, message } = issue;
  if (issue.code !== 'unrecognized_keys') return [{ path, offset: offsetOf(document, path), message }];
  return issue.keys.map((key) => ({
    path,
    offset: offsetOf(document, [...path, key]),
    message: `unknown: ${shownKey(key)}`,
  }));
}

/** Of the nearest thing on the way that is written. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return undefined;
}

/** A name of ours, or of an account; anything else may be a value that slipped into a key's place. */
export function shownKey(key: PropertyKey): string {
  return typeof key === 'number' || /^[A-Za-z][\w-]{0,31}$/.test(String(key)) ? String(key) : '…';
}
