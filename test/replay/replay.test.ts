import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DeterminismViolationError } from '@temporalio/workflow';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils';
import { Worker } from '@temporalio/worker';
import { OUTCOMES } from '../../domain/incident';
import * as workflows from '../../workflows';
import { workflowBundle } from '../support/workflow-bundle';
import { CHECKSUMS, HISTORIES, sha256 } from './checksums';

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

const nameOf = ({ workflow, file }: { workflow: string; file: string }): string => `${workflow}/${file}`;

function sourceOf(folder: string): readonly string[] {
  const directory = path.resolve(__dirname, '../..', folder);
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(path.join(directory, file), 'utf8'));
}

/** What was new when the run passed it. */
function patchesOf({ events }: ReturnType<typeof historyFromJSON>): readonly string[] {
  return (events ?? []).flatMap(({ markerRecordedEventAttributes: marker }) => {
    const data = marker?.markerName === 'core_patch' ? marker.details?.['patch-data']?.payloads?.[0]?.data : undefined;
    return data ? [(JSON.parse(Buffer.from(data).toString('utf8')) as { id: string }).id] : [];
  });
}

/** How the incident says that it ends; one that waits for its log says so more than once. */
function outcomesOf({ events }: ReturnType<typeof historyFromJSON>): readonly string[] {
  return (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: scheduled }) => {
    const data = scheduled?.activityType?.name === 'closeAudit' ? scheduled.input?.payloads?.[0]?.data : undefined;
    return data ? [(JSON.parse(Buffer.from(data).toString('utf8')) as { outcome: string }).outcome] : [];
  });
}

describe('the workflow bundle', () => {
  it('holds no schema library: every new sandbox would evaluate it before it contains anything', () => {
    expect(readFileSync(workflowBundle.codePath, 'utf8')).not.toMatch(/node_modules\/zod/);
  });
});

describe('stored histories', () => {
  /** Why one did not replay, by its name: one worker replays all. */
  const failures = new Map<string, Error | undefined>();

  beforeAll(async () => {
    const histories = files.map((stored) => ({ workflowId: nameOf(stored), history: read(stored).history }));
    for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, histories))
      failures.set(workflowId, error);
    // It gives way to every test that waits for a server, and on a slow machine there is little left for it.
  }, 900_000);

  it.each(files)('$workflow/$file replays', (stored) => {
    expect([failures.has(nameOf(stored)), failures.get(nameOf(stored))]).toEqual([true, undefined]);
  });

  it('are those that were recorded, unchanged, and all of them', () => {
    const lines = files.map((stored) => `${sha256(read(stored).text)}  ${stored.workflow}/${stored.file}`);

    expect(lines.sort()).toEqual(readFileSync(CHECKSUMS, 'utf8').trimEnd().split('\n').sort());
  });

  it('pass every place where the workflows ask whether they were changed', () => {
    const asked = sourceOf('workflows').flatMap((code) => [...code.matchAll(/patched\('([^']+)'\)/g)]);
    const passed = new Set(files.flatMap((stored) => patchesOf(read(stored).history)));

    expect(asked.length).toBeGreaterThan(5);
    expect(asked.map(([, patch = '']) => patch).filter((patch) => !passed.has(patch))).toEqual([]);
  });

  it('cover every workflow there is', () => {
    const stored = new Set(
      files.map(({ workflow }) => workflow.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())),
    );

    expect(Object.keys(workflows).filter((name) => !stored.has(name))).toEqual([]);
  });

  it('cover every outcome there is', () => {
    const ended = new Set(files.flatMap((stored) => outcomesOf(read(stored).history)));

    expect([...ended].sort()).toEqual([...OUTCOMES].sort());
  });

  it('are refused when the commands differ: the control', async () => {
    const { text } = read(files.find(({ file }) => file.startsWith('recovered-inseparable'))!);
    const other = historyFromJSON(JSON.parse(text.replaceAll('"revokeVersion"', '"somethingElse"')));

    await expect(Worker.runReplayHistory({ workflowBundle }, other)).rejects.toBeInstanceOf(DeterminismViolationError);
  });
});
