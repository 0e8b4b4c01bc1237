import { readFile, writeFile } from 'node:fs/promises';

export interface DocumentedTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Puts a benchmark's tables between its markers on a page. @throws Error when the page has none */
export async function writeTables(file: string, bench: string, tables: readonly DocumentedTable[]): Promise<void> {
  const begin = `<!-- ${bench}: written by \`npm run bench -- ${bench} --write-docs\` -->`;
  const end = `<!-- /${bench} -->`;
  const page = await readFile(file, 'utf8');
  const [from, until] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || until < from) throw new Error(`${file} has no place for the tables: ${begin} … ${end}`);
  await writeFile(file, `${page.slice(0, from)}${begin}\n${tables.map(markdown).join('\n\n')}\n${page.slice(until)}`);
}

function markdown({ head, rows }: DocumentedTable): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
