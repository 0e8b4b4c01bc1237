import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DeterminismViolationError } from '@temporalio/workflow';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { Worker } from '@temporalio/worker';
import * as workflows from '../../workflows';
import { workflowBundle } from '../support/workflow-bundle';

const HISTORIES = path.join(__dirname, 'histories');
const files = readdirSync(HISTORIES).flatMap((workflow) =>
  readdirSync(path.join(HISTORIES, workflow)).map((file) => ({ workflow, file })),
);

function read({ workflow, file }: { workflow: string; file: string }): {
  text: string;
  history: ReturnType<typeof historyFromJSON>;
} {
  const text = readFileSync(path.join(HISTORIES, workflow, file), 'utf8');
  return { text, history: historyFromJSON(JSON.parse(text)) };
}

describe('the workflow bundle', () => {
  it('holds no schema library: every new sandbox would evaluate it before it contains anything', () => {
    expect(readFileSync(workflowBundle.codePath, 'utf8')).not.toMatch(/node_modules\/zod/);
  });
});

describe('stored histories', () => {
  it.each(files)('$workflow/$file replays', async (stored) => {
    await expect(Worker.runReplayHistory({ workflowBundle }, read(stored).history)).resolves.toBeUndefined();
  });

  it('cover every workflow there is', () => {
    const stored = new Set(
      files.map(({ workflow }) => workflow.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())),
    );

    expect(Object.keys(workflows).filter((name) => !stored.has(name))).toEqual([]);
  });

  it('are refused when the commands differ: the control', async () => {
    const { text } = read(files.find(({ file }) => file.startsWith('recovered-inseparable'))!);
    const other = historyFromJSON(JSON.parse(text.replaceAll('"revokeVersion"', '"somethingElse"')));

    await expect(Worker.runReplayHistory({ workflowBundle }, other)).rejects.toBeInstanceOf(DeterminismViolationError);
  });
});
