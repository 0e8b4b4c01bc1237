import { createDriftActivities, type CheckDriftInput } from '../../../activities/drift';
import type { VersionState } from '../../../domain/credential';
import type { Verdict } from '../../../domain/ports/credential-provider';
import type { AuditEvent } from '../../../domain/ports/stores';
import { sampleAssessment } from '../../support/fake-activities';
import { runActivity } from '../../support/run-activity';
import { sampleCredential, sampleVersion } from '../../support/sample-credential';

type Deps = Parameters<typeof createDriftActivities>[0];

const CREDENTIAL = sampleCredential();

/** A look at version 1, of which the provider says `verdict`; version 2 lives unless `alone`. */
function look(
  {
    state,
    verdict,
    alone = false,
    refused = true,
    setFree = false,
    seen = {},
  }: {
    state: VersionState;
    verdict: Verdict['verdict'];
    alone?: boolean;
    refused?: boolean;
    setFree?: boolean;
    seen?: { provenDead?: true; controlRefused?: true; liftedAt?: number; known?: true };
  },
  more: Partial<CheckDriftInput> = {},
) {
  let looks = 0;
  const proven: boolean[] = [];
  const audit: AuditEvent[] = [];
  const presented: number[][] = [];
  const { checkDrift } = createDriftActivities({
    inventory: {
      credential: () => Promise.resolve(CREDENTIAL),
      version: () =>
        Promise.resolve({
          ...sampleVersion({ version: 1, state }),
          ...(setFree && looks++ > 0 ? { liftedAt: 1 } : {}),
          ...(seen.provenDead ? { provenDead: true as const } : {}),
          ...(seen.known ? { knownAgainst: { evidence: sampleAssessment() } } : {}),
          ...(seen.liftedAt === undefined ? {} : { liftedAt: seen.liftedAt }),
        }),
      versions: () =>
        Promise.resolve([
          sampleVersion({ version: 1, state }),
          ...(alone ? [] : [sampleVersion({ version: 2, state: 'live' })]),
        ]),
      setProvenDead: (_id: string, _version: number, is: boolean) => Promise.resolve(void proven.push(is)),
    },
    providers: new Map([
      [
        CREDENTIAL.provider,
        {
          verifyDead(_credential: unknown, old: { version: number }, control: { version: number }) {
            presented.push([old.version, control.version]);
            const controlRefused = seen.controlRefused ? { controlRefused: true } : {};
            const oldRefused = refused ? { oldRefused: true } : {};
            return Promise.resolve({
              verdict,
              proof: 'presented',
              sessions: 0,
              evidence: 'seen',
              ...oldRefused,
              ...controlRefused,
            });
          },
        },
      ],
    ]),
    uses: { seen: () => Promise.resolve(undefined) },
    audit: { append: (event: AuditEvent) => Promise.resolve(void audit.push(event)) },
  } as unknown as Deps);
  const step = { incidentId: 'i', runId: 'r', credentialId: CREDENTIAL.id, version: 1, stepKey: 's', since: 0 };
  return { drift: runActivity(checkDrift, { ...step, ...more }), proven, audit, presented };
}

describe('a look at what was ended', () => {
  it('finds that it works again, and that its death is no longer proven', async () => {
    const { drift, proven } = look({ state: 'revoked', verdict: 'alive' });

    expect(await drift).toEqual({ drift: 'it works again (seen)', control: 2 });
    expect(proven).toEqual([false]);
  });

  it('says COULD_NOT_TELL where nothing can be seen', async () => {
    const { drift } = look({ state: 'revoked', verdict: 'unknown' });

    await expect(drift).rejects.toMatchObject({ code: 'COULD_NOT_TELL' });
  });
});

describe('a look for an exercise', () => {
  it('is over when it has really leaked since: what looks after that says so', async () => {
    const known = { state: 'quarantined', verdict: 'alive', seen: { known: true } } as const;
    const exercise = look(known, { contained: true, simulated: true });
    const leak = look(known, { contained: true });

    expect([await exercise.drift, await leak.drift]).toMatchObject([{ isOver: true }, { isContained: true }]);
    expect(exercise.presented).toEqual([]);
  });

  it('goes on where nothing else looks: at what the exercise itself has ended', async () => {
    const { drift } = look(
      { state: 'revoked', verdict: 'alive', seen: { known: true, provenDead: true } },
      { simulated: true },
    );

    expect(await drift).toMatchObject({ drift: 'it works again (seen)' });
  });
});

describe('a look at what was refused and not ended', () => {
  it('finds that it works again, beside the newest version that lives, or beside itself where none does', async () => {
    const { drift, proven, presented } = look({ state: 'quarantined', verdict: 'alive' }, { contained: true });
    const alone = look({ state: 'quarantined', verdict: 'alive', alone: true }, { contained: true });

    expect(await drift).toEqual({ drift: 'it works again (seen)', control: 2, isContained: true });
    expect(await alone.drift).toMatchObject({ isContained: true });
    expect([proven, presented, alone.presented]).toEqual([[], [[1, 2]], [[1, 1]]]);
  });

  it('is content with what is refused: it proves nothing dead', async () => {
    const { drift, audit } = look({ state: 'quarantined', verdict: 'unknown' }, { contained: true });

    expect(await drift).toEqual({ control: 2, isContained: true });
    expect(audit[0]).toMatchObject({ action: 'check-drift', detail: { verdict: 'unknown' } });
  });

  it('says COULD_NOT_TELL where nobody says that it is refused', async () => {
    const { drift } = look({ state: 'quarantined', verdict: 'unknown', refused: false }, { contained: true });

    await expect(drift).rejects.toMatchObject({ code: 'COULD_NOT_TELL' });
  });

  it('says COULD_NOT_TELL where the control is refused as well: to us, everything may be', async () => {
    const { drift } = look(
      { state: 'quarantined', verdict: 'unknown', seen: { controlRefused: true } },
      { contained: true },
    );

    await expect(drift).rejects.toMatchObject({ code: 'COULD_NOT_TELL' });
  });

  it('goes on when it was proven dead after all: its incident may not have heard of it', async () => {
    const { drift } = look({ state: 'revoked', verdict: 'alive', seen: { provenDead: true } }, { contained: true });

    expect(await drift).toEqual({ drift: 'it works again (seen)', control: 2 });
  });

  it.each([
    ['over when a person has begun to set it free since', 5, { isOver: true }],
    ['not over when that was before it was refused', 4, { drift: 'it works again (seen)', isContained: true }],
  ])('is %s', async (_what, liftedAt, expected) => {
    const { drift } = look(
      { state: 'quarantined', verdict: 'alive', seen: { liftedAt } },
      { contained: true, since: 5 },
    );

    expect(await drift).toMatchObject(expected);
  });

  it('looks only at what was revoked, where known contexts may use it otherwise', async () => {
    const maybe = { contained: true, maybeRevoked: true } as const;
    const inLane = look({ state: 'quarantined', verdict: 'alive' }, maybe);
    const revoked = look({ state: 'revoked', verdict: 'alive' }, maybe);

    expect([await inLane.drift, inLane.presented]).toEqual([{}, []]);
    expect(await revoked.drift).toMatchObject({ isUnproven: true });
  });

  it('says of what was revoked and never proven that it was not', async () => {
    const { drift } = look({ state: 'revoked', verdict: 'alive' }, { contained: true });

    expect(await drift).toMatchObject({ drift: 'it works again (seen)', control: 2, isUnproven: true });
  });

  it('is no drift when a person sets it free while it is presented', async () => {
    const { drift, audit } = look({ state: 'quarantined', verdict: 'alive', setFree: true }, { contained: true });

    expect([await drift, audit]).toEqual([{ isOver: true }, []]);
  });

  it('is over when it was discarded', async () => {
    const { drift, presented } = look({ state: 'discarded', verdict: 'alive' }, { contained: true });

    expect([await drift, presented]).toEqual([{ isOver: true }, []]);
  });

  it('finds what works again though its refusal was never recorded: nobody has set it free', async () => {
    const { drift } = look({ state: 'live', verdict: 'alive', alone: true }, { contained: true });

    expect(await drift).toEqual({ drift: 'it works again (seen)', isContained: true });
  });

  it('goes on as a look at what was ended, once it is', async () => {
    const { drift } = look({ state: 'revoked', verdict: 'unknown' }, { contained: true });

    await expect(drift).rejects.toMatchObject({ code: 'COULD_NOT_TELL' });
  });
});
