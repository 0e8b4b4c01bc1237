import { readFile, writeFile } from 'node:fs/promises';
import { qualityRows } from './figures';
import type { DetectionQuality } from './measure';
import { OUTCOME_HEAD, outcomeRows } from './outcome-rows';

const BEGIN = '<!-- detection-quality: written by `npm run bench -- detection-quality --write-docs` -->';
const END = '<!-- /detection-quality -->';

/** Puts the tables between the markers of a page. @throws Error when the page has none */
export async function writeDocs(file: string, quality: DetectionQuality): Promise<void> {
  const page = await readFile(file, 'utf8');
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${file} has no place for the tables: ${BEGIN} … ${END}`);
  const tables = [
    markdownTable(['measure', 'figure', 'on'], qualityRows(quality)),
    '',
    markdownTable(OUTCOME_HEAD, outcomeRows(quality)),
  ];
  await writeFile(file, `${page.slice(0, begin)}${BEGIN}\n${tables.join('\n')}\n${page.slice(end)}`);
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
