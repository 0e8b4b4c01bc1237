import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
import { inventoryFile, type ListedCredential, type RegistrationRequest } from '../domain/credential-description';
import { IncidentError } from '../domain/errors';
import { readSecretFile } from '../workers/config';
import { readYamlFile, shownKey } from '../workers/yaml-file';

/** Columns that hold numbers, and lists that are divided by spaces. */
const NUMBERS: readonly string[] = ['criticality'];
const LISTS: readonly string[] = ['scopes'];
/** Columns of the version in use. */
const OF_VERSION: readonly string[] = ['publicId', 'valueFile', 'valueEnv'];

/**
 * The credentials that a YAML or CSV file lists (docs/operations.md, "The inventory"). In CSV the first line names the columns; a cell that is empty says nothing; known contexts and
 * dependents have no place there. @throws IncidentError CONFIG_INVALID listing every fault with its place, and never what stands there
 */
export function readInventoryFile(file: string): readonly ListedCredential[] {
  if (!file.endsWith('.csv')) return readYamlFile(file, inventoryFile).credentials;
  const parsed = inventoryFile.safeParse({ credentials: readCsv(file) });
  if (parsed.success) return parsed.data.credentials;
  const faults = parsed.error.issues.map((issue) => {
    const [, row, ...column] = issue.path;
    // The first line names the columns.
    const place = typeof row === 'number' ? `${file}: line ${row + 2}` : file;
    // A file without such a line has values in its place.
    const message =
      issue.code === 'unrecognized_keys' ? `unknown: ${issue.keys.map(shownKey).join(', ')}` : issue.message;
    return [place, column.map(shownKey).join('.'), message].filter((part) => part !== '').join(': ');
  });
  throw new IncidentError('CONFIG_INVALID', { faults });
}

function readCsv(file: string): readonly object[] {
  try {
    const rows = parse<Record<string, string>>(readFileSync(file, 'utf8'), { columns: true, trim: true, bom: true });
    return rows.map(toListed);
  } catch (error) {
    // The library's text quotes the line, which may hold a value.
    const where =
      error instanceof CsvError && 'lines' in error ? `line ${String(error['lines'])}: is no CSV` : "can't be read";
    throw new IncidentError('CONFIG_INVALID', { faults: [`${file}: ${where}`] });
  }
}

function toListed(row: Readonly<Record<string, string>>): object {
  const said = Object.entries(row).filter(([, cell]) => cell !== '');
  const [version, own] = [
    said.filter(([name]) => OF_VERSION.includes(name)),
    said.filter(([name]) => !OF_VERSION.includes(name)),
  ];
  return {
    ...Object.fromEntries(own.map(([name, cell]) => [name, valueOf(name, cell)])),
    ...(version.length > 0 ? { version: Object.fromEntries(version) } : {}),
  };
}

function valueOf(column: string, cell: string): unknown {
  if (NUMBERS.includes(column)) return Number(cell);
  return LISTS.includes(column) ? cell.split(/\s+/) : cell;
}

/** What is sent of one: with its value, from where the file says. Paths are relative to the file. @throws IncidentError CONFIG_INVALID */
export function requestOf({ id, version, ...described }: ListedCredential, file: string): RegistrationRequest {
  if (!version) return described;
  const { publicId, valueFile, valueEnv = '' } = version;
  const value =
    valueFile === undefined ? process.env[valueEnv] : readValue(path.resolve(path.dirname(file), valueFile));
  if (value === undefined || value === '') {
    const place = valueFile === undefined ? `the variable ${valueEnv}` : 'the file that valueFile names';
    throw new IncidentError('CONFIG_INVALID', { faults: [`${id}: ${place} is empty, or not there`] });
  }
  return { ...described, version: { publicId, value } };
}

function readValue(file: string): string | undefined {
  try {
    return readSecretFile(file);
  } catch {
    return undefined;
  }
}
