import { readFileSync } from 'node:fs';
import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { IncidentError } from '../domain/errors';

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
  const broken = document.errors.map(({ code, pos }) => `${place(pos[0])}: ${code}`);
  if (broken.length > 0) throw new IncidentError('CONFIG_INVALID', { faults: broken });
  const parsed = schema.safeParse(plainValue(document, path));
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues
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
    const kind = error instanceof Error ? error.name : typeof error;
    throw new IncidentError('CONFIG_INVALID', { faults: [`${path}: an alias can't be resolved (${kind})`] });
  }
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
