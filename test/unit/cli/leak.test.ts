import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { leakCommand } from '../../../cli/commands/leak';
import { outputOf } from '../../support/output-of';
import { temporaryFolder } from '../../support/temporary-folder';

const folder = temporaryFolder();

afterEach(() => (process.exitCode = undefined));

it('names the line of a report that is cut off', async () => {
  const told = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const [report, key] = [join(folder.path, 'report.jsonl'), join(folder.path, 'key')];
  await writeFile(report, '{"of":"another scanner"}\n{"cut');
  await writeFile(key, 'made-up\n');

  const text = await outputOf(leakCommand(), 'report', '--scanner', 'gitleaks', '--key-file', key, report);

  expect(text).toBe('0 findings reported, 2 not understood or redacted\n');
  expect(told.mock.calls).toEqual([[`${report}: line 2: no JSON, or one that is cut off\n`]]);
  told.mockRestore();
});
