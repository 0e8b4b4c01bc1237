import { writeTables } from '../write-tables';
import { qualityRows } from './figures';
import type { DetectionQuality } from './measure';
import { OUTCOME_HEAD, outcomeRows } from './outcome-rows';

/** Puts the tables between the markers of a page. @throws Error when the page has none */
export async function writeDocs(file: string, quality: DetectionQuality): Promise<void> {
  await writeTables(file, 'detection-quality', [
    { head: ['measure', 'figure', 'on'], rows: qualityRows(quality) },
    { head: OUTCOME_HEAD, rows: outcomeRows(quality) },
  ]);
}
