import type { Client } from '@temporalio/client';
import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { IncidentError } from '../../../domain/errors';
import type { Notifier } from '../../../domain/ports/notifier';
import { pageForAbandoned } from '../../../workers/response/abandoned-incidents';
import { pageForAbandonedRotations } from '../../../workers/response/abandoned-rotations';

const NOW = Date.UTC(2026, 0, 6);

/** Temporal with workflows that have ended, and whom security hears of it by. */
function world(
  workflow: Record<string, unknown> | readonly Record<string, unknown>[],
  described: Record<string, unknown>,
  more: { sent?: string; code?: string; provider?: string } = {},
) {
  const told: string[] = [];
  const failure = ApplicationFailure.create({ type: more.code ?? 'ROLLBACK_INCOMPLETE', message: 'Not undone: x.' });
  const temporal = {
    workflow: {
      async *list() {
        yield* [workflow].flat();
        await Promise.resolve();
      },
      getHandle: () => ({
        describe: () => Promise.resolve(described),
        result: () => Promise.reject(new WorkflowFailedError('failed', failure, 'NON_RETRYABLE_FAILURE')),
      }),
    },
  } as unknown as Client;
  const deps = (state: string) =>
    ({
      audiences: { security: [{ notifier: 'test', target: '' }] },
      notifiers: new Map([['test', { send: (_to: string, { title }: { title: string }) => void told.push(title) }]]),
      deliveries: { wasSent: (key: string) => Promise.resolve(key === more.sent), markSent: () => Promise.resolve() },
      // One that can refuse for now, one that can only end, and none at all.
      providers: new Map(
        (['reversible', 'none'] as const).map((quarantine) => [quarantine, { capabilities: { quarantine } }]),
      ),
      inventory: {
        credential: () => Promise.resolve({ provider: more.provider ?? 'reversible' }),
        version: () =>
          state === 'unknown'
            ? Promise.reject(new IncidentError('VERSION_UNKNOWN', {}))
            : Promise.resolve({
                state: state.replace('-proven', ''),
                provenDead: state.endsWith('-proven') || undefined,
              }),
      },
    }) as unknown as Parameters<typeof pageForAbandoned>[0];
  return { told, temporal, deps };
}

describe('an incident that ended before its version did', () => {
  const ended = (name: string) => ({ workflowId: 'incident/orders-db/1', runId: 'r', status: { name } });

  it.each([
    ['reversible', 'v1 is refused and not proven dead'],
    ['none', 'v1 is refused at the gateways alone (at none it may WORK) and not proven dead'],
    ['a-vendor', 'v1 is refused at the gateways alone (at a-vendor it may WORK) and not proven dead'],
  ])('is paged for with where it is refused, by %s', async (provider, is) => {
    const { told, temporal, deps } = world(
      ended('TERMINATED'),
      { runId: 'r', status: { name: 'TERMINATED' } },
      { provider },
    );
    await pageForAbandoned(deps('quarantined'), temporal, NOW);

    expect(told).toEqual([expect.stringContaining(is)]);
  });

  it.each([
    ['live', 1],
    ['quarantined', 1],
    ['revoked', 1],
    ['revoked-proven', 1],
    ['discarded', 0],
    ['unknown', 0],
  ])('that is %s is paged for %d times', async (state, pages) => {
    const { told, temporal, deps } = world(ended('TERMINATED'), { runId: 'r', status: { name: 'TERMINATED' } });
    await pageForAbandoned(deps(state), temporal, NOW);

    expect(told).toHaveLength(pages);
  });

  it('and failed, of a version that is proven dead, was refused at the door', async () => {
    const { told, temporal, deps } = world(ended('FAILED'), { runId: 'r', status: { name: 'TERMINATED' } });
    await pageForAbandoned(deps('revoked-proven'), temporal, NOW);

    expect(told).toEqual([]);
  });

  it('is paged for by every channel that lives, and so are all the others', async () => {
    const others = [ended('TERMINATED'), { ...ended('TERMINATED'), workflowId: 'incident/search/1' }];
    const { told, temporal, deps } = world(others, { runId: 'r', status: { name: 'TERMINATED' } });
    const { audiences, notifiers, ...rest } = deps('live');
    const dead = { send: () => Promise.reject(new Error('the webhook is dead')) } as unknown as Notifier;
    const both = {
      ...rest,
      audiences: { ...audiences, security: [{ notifier: 'dead', target: '' }, ...audiences.security] },
      notifiers: new Map([...notifiers, ['dead', dead] as const]),
    };

    await expect(pageForAbandoned(both, temporal, NOW)).rejects.toThrow('the webhook is dead');
    expect(told).toEqual([expect.stringContaining('orders-db v1'), expect.stringContaining('search v1')]);
  });

  it('is left to whoever started it again', async () => {
    const described = { runId: 'another', status: { name: 'RUNNING' } };
    const { told, temporal, deps } = world(ended('TERMINATED'), described);
    await pageForAbandoned(deps('quarantined'), temporal, NOW);

    expect(told).toEqual([]);
  });

  it('is paged for when it was started again and refused, since it was proven dead by then', async () => {
    const described = { runId: 'another', status: { name: 'FAILED' } };
    const { told, temporal, deps } = world(ended('TERMINATED'), described);
    await pageForAbandoned(deps('revoked-proven'), temporal, NOW);

    expect(told).toHaveLength(1);
  });

  it('and was cancelled is paged for when it could not say so itself', async () => {
    const heard = world(
      ended('CANCELLED'),
      { runId: 'r', status: { name: 'TERMINATED' } },
      { sent: 'r/notify.unresolved.0.security/security/0' },
    );
    const unheard = world(ended('CANCELLED'), { runId: 'r', status: { name: 'TERMINATED' } });
    for (const { temporal, deps } of [heard, unheard]) await pageForAbandoned(deps('quarantined'), temporal, NOW);

    expect([heard.told.length, unheard.told.length]).toEqual([0, 1]);
  });
});

describe('a rotation that could not undo itself', () => {
  const rotation = (closed: number, name = 'FAILED') => ({
    workflowId: 'rotate/orders-db/1',
    runId: 'r',
    status: { name },
    closeTime: new Date(closed),
    parentExecution: { workflowId: 'incident/orders-db/1', runId: 'p' },
  });
  const page = async (
    ended: ReturnType<typeof rotation>,
    parent: { readonly closed?: number; readonly status?: string },
    code?: string,
  ): Promise<readonly string[]> => {
    const { closed, status: name = 'TERMINATED' } = parent;
    const described = { status: { name }, ...(closed === undefined ? {} : { closeTime: new Date(closed) }) };
    const { told, temporal, deps } = world(ended, described, code ? { code } : {});
    await pageForAbandonedRotations(deps('quarantined'), temporal, NOW);
    return told;
  };

  it('after its incident had ended is paged for; one whose incident was there, or that undid itself, is not', async () => {
    const said = await page(rotation(2_000), { closed: 1_000 });
    expect(said).toEqual(['[high] the rotation of incident/orders-db/1 could not be undone']);
    expect(await page(rotation(2_000), { closed: 3_000 })).toEqual([]);
    expect(await page(rotation(2_000), {})).toEqual([]);
    expect(await page(rotation(2_000), { closed: 1_000 }, 'ROLLED_BACK')).toEqual([]);
  });

  it('since it was terminated is paged for when its incident was ended as well, and did not end by itself', async () => {
    const cut = rotation(2_000, 'TERMINATED');
    expect(await page(cut, { closed: 3_000 })).toEqual(['[high] the rotation of incident/orders-db/1 was not undone']);
    expect(await page(cut, { closed: 3_000, status: 'COMPLETED' })).toEqual([]);
    expect(await page(cut, {})).toEqual([]);
  });
});
