import { listBuilds, promoteBuild, registerBuild } from '../../../workers/worker-builds';

type Service = Parameters<typeof listBuilds>[0];

const [NOT_FOUND, FAILED_PRECONDITION, UNAVAILABLE] = [5, 9, 14];
const grpcError = (code: number) => Object.assign(new Error(`code ${code}`), { code, details: '', metadata: {} });

interface Known {
  readonly buildId: string;
  readonly drainageStatus?: number;
}

/** Temporal's record of the response workers: each `describe` takes the next of `known`, and stays at the last. */
function temporal(
  known: readonly (readonly Known[])[],
  { current = undefined as string | undefined, refusals = [] as number[] } = {},
) {
  const promoted: unknown[] = [];
  const state = { current, looks: 0 };
  const workflowService = {
    describeWorkerDeployment() {
      const versions = known[Math.min(state.looks++, known.length - 1)];
      if (!versions) return Promise.reject(grpcError(NOT_FOUND));
      return Promise.resolve({
        workerDeploymentInfo: {
          routingConfig: { currentDeploymentVersion: state.current ? { buildId: state.current } : null },
          versionSummaries: versions.map(({ buildId, drainageStatus }) => ({
            deploymentVersion: { buildId },
            drainageStatus,
          })),
        },
      });
    },
    setWorkerDeploymentCurrentVersion(request: { buildId: string }) {
      const refusal = refusals.shift();
      if (refusal !== undefined) return Promise.reject(grpcError(refusal));
      promoted.push(request);
      state.current = request.buildId;
      return Promise.resolve({});
    },
  };
  return { service: { workflowService } as unknown as Service, promoted, state };
}

const A = { buildId: 'a' };
const B = { buildId: 'b' };
const REGISTER_MS = 15_000;

describe('the builds that Temporal knows', () => {
  it('are none before the first worker', async () => {
    expect(await listBuilds(temporal([]).service, 'default')).toEqual([]);
  });

  it('say which takes new incidents, and which may be stopped', async () => {
    const { service } = temporal(
      [
        [
          A,
          { buildId: 'b', drainageStatus: 1 },
          { buildId: 'c', drainageStatus: 2 },
          { buildId: 'd', drainageStatus: 0 },
          { buildId: 'e', drainageStatus: 77 },
        ],
      ],
      { current: 'a' },
    );

    expect(await listBuilds(service, 'default')).toEqual([
      { buildId: 'a', isCurrent: true, drainage: 'current' },
      { buildId: 'b', isCurrent: false, drainage: 'draining' },
      { buildId: 'c', isCurrent: false, drainage: 'drained' },
      { buildId: 'd', isCurrent: false, drainage: 'unknown' },
      { buildId: 'e', isCurrent: false, drainage: 'unknown' },
    ]);
  });

  it('are not taken for none when Temporal can not be asked', async () => {
    const workflowService = { describeWorkerDeployment: () => Promise.reject(grpcError(UNAVAILABLE)) };

    await expect(listBuilds({ workflowService } as unknown as Service, 'default')).rejects.toThrow('code 14');
  });
});

describe('a build that begins', () => {
  it('takes new incidents when it is the first, or when that is demanded, and waits otherwise', async () => {
    const [first, later, demanded] = [
      temporal([[A]]),
      temporal([[A, B]], { current: 'a' }),
      temporal([[A, B]], { current: 'a' }),
    ];

    expect(await registerBuild(first.service, 'default', 'a', { demanded: false })).toBe('current');
    expect(await registerBuild(later.service, 'default', 'b', { demanded: false })).toBe('waiting');
    expect(await registerBuild(demanded.service, 'default', 'b', { demanded: true })).toBe('current');
    expect([first.state.current, later.state.current, demanded.state.current]).toEqual(['a', 'a', 'b']);
    // A build of one task queue alone must be able to begin.
    expect(first.promoted).toMatchObject([{ buildId: 'a', ignoreMissingTaskQueues: true }]);
  });

  it('changes nothing when it is the current one already, as after a restart', async () => {
    const { service, promoted } = temporal([[A]], { current: 'a' });

    expect(await registerBuild(service, 'default', 'a', { demanded: true })).toBe('current');
    expect(promoted).toEqual([]);
  });

  it('is waited for until Temporal has heard of it', async () => {
    const { service, state } = temporal([[], [], [A]]);

    expect(await registerBuild(service, 'default', 'a', { demanded: false })).toBe('current');
    expect(state.looks).toBeGreaterThanOrEqual(3);
  });

  it('that Temporal never hears of is BUILD_UNKNOWN', async () => {
    const { service } = temporal([[B]], { current: 'b' });
    const clock = jest.spyOn(Date, 'now');
    clock.mockReturnValueOnce(0).mockReturnValue(REGISTER_MS + 1);

    await expect(registerBuild(service, 'default', 'a', { demanded: true })).rejects.toMatchObject({
      code: 'BUILD_UNKNOWN',
    });
    clock.mockRestore();
  });
});

describe('promoting a build', () => {
  it('is refused of one that no worker ever had, and says which there are', async () => {
    const { service, promoted } = temporal([[A, B]], { current: 'a' });

    await expect(promoteBuild(service, 'default', 'c')).rejects.toMatchObject({
      code: 'BUILD_UNKNOWN',
      fields: { build: 'c', known: 'a, b' },
    });
    expect(promoted).toEqual([]);
  });

  it('is tried again while Temporal has not heard of all its task queues', async () => {
    const { service, state } = temporal([[A, B]], {
      current: 'a',
      refusals: [FAILED_PRECONDITION, FAILED_PRECONDITION],
    });

    await promoteBuild(service, 'default', 'b');

    expect(state.current).toBe('b');
  });

  it('gives up when it goes on saying so, and at once on anything else', async () => {
    const early = temporal([[A, B]], { current: 'a', refusals: Array<number>(9).fill(FAILED_PRECONDITION) });
    const away = temporal([[A, B]], { current: 'a', refusals: [UNAVAILABLE] });
    const clock = jest.spyOn(Date, 'now');
    clock
      .mockReturnValueOnce(0)
      .mockReturnValueOnce(1)
      .mockReturnValue(REGISTER_MS + 1);

    await expect(promoteBuild(early.service, 'default', 'b')).rejects.toThrow('code 9');
    clock.mockRestore();
    await expect(promoteBuild(away.service, 'default', 'b')).rejects.toThrow('code 14');
    expect([early.state.current, away.state.current]).toEqual(['a', 'a']);
  });
});
