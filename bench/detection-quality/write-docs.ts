import { readFile, writeFile } from 'node:fs/promises';
import { qualityRows } from './figures';
import type { DetectionQuality } from './measure';

const BEGIN = '<!-- detection-quality: written by `npm run bench -- detection-quality --write-docs` -->';
const END = '<!-- /detection-quality -->';

/** Puts the table between the markers of a page. @throws Error when the page has none */
export async function writeDocs(file: string, quality: DetectionQuality): Promise<void> {
  const page = await readFile(file, 'utf8');
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${file} has no place for the table: ${BEGIN} … ${END}`);
  await writeFile(file, `${page.slice(0, begin)}${BEGIN}\n${markdownTable(quality)}\n${page.slice(end)}`);
}

function markdownTable(quality: DetectionQuality): string {
  const { missed } = quality.stratus;
  const rows = qualityRows(quality).map((cells) => `| ${cells.join(' | ')} |`);
  return [
    '| measure | figure | on |',
    '|---|---|---|',
    ...rows,
    '',
    missed.length === 0 ? 'No Stratus technique is missed.' : `Stratus techniques missed: ${missed.join(', ')}.`,
  ].join('\n');
}
