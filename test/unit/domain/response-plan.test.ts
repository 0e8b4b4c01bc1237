import { DEFAULT_POLICY } from '../../../domain/policy';
import { isEndedFirst, planForDead, planResponse } from '../../../domain/response-plan';
import { publicIdSubject } from '../../../domain/subject';
import { unregisteredCredential } from '../../../domain/unregistered-credential';
import { SEVERITIES } from '../../../domain/severity';
import { sampleAssessment, sampleCredential } from '../../support/fake-activities';

const atGateway = sampleCredential({
  enforcement: 'gateway',
  knownContexts: [{ id: 'dashboard', networks: ['192.0.2.1/32'] }],
});

describe('response plan', () => {
  it('separates where a gateway knows the contexts', () => {
    const plan = planResponse(atGateway, sampleAssessment(), DEFAULT_POLICY);

    expect(plan).toMatchObject({
      strategy: 'separable',
      quarantine: { mode: 'known-contexts-only', enforcedBy: 'gateway' },
      overlapSeconds: 900,
      revoke: 'when-moved',
    });
  });

  it('refuses all use where only the provider sees it, or where no context is known', () => {
    expect(planResponse(sampleCredential(), sampleAssessment(), DEFAULT_POLICY)).toMatchObject({
      strategy: 'inseparable',
      quarantine: { mode: 'deny-all', enforcedBy: 'provider' },
      overlapSeconds: 0,
    });
    expect(planResponse({ ...atGateway, knownContexts: [] }, sampleAssessment(), DEFAULT_POLICY).quarantine).toEqual({
      mode: 'deny-all',
      enforcedBy: 'gateway',
    });
  });

  it('revokes without a person only on a deterministic indicator or two independent families', () => {
    const plan = (families: ('origin' | 'travel')[], deterministic: boolean) =>
      planResponse(atGateway, sampleAssessment({ families, deterministic }), DEFAULT_POLICY).revoke;

    expect(plan(['origin'], false)).toBe('ask');
    expect(plan(['origin', 'travel'], false)).toBe('when-moved');
    expect(plan([], true)).toBe('when-moved');
  });

  it('gives known contexts less time the graver it is', () => {
    const overlaps = SEVERITIES.map(
      (severity) => planResponse(atGateway, sampleAssessment({ severity }), DEFAULT_POLICY).overlapSeconds,
    );

    expect(overlaps).toEqual([...overlaps].sort((a, b) => b - a));
  });

  it('says how narrow the lane is, where there is one and the pinned policy knows', () => {
    const { laneMaxPerMinute, ...before } = DEFAULT_POLICY.severities.high;
    const older = { ...DEFAULT_POLICY, severities: { ...DEFAULT_POLICY.severities, high: before } };
    const lane = (policy: typeof DEFAULT_POLICY, credential = atGateway) =>
      planResponse(credential, sampleAssessment(), policy).lane;

    expect(lane(DEFAULT_POLICY)).toEqual({ maxPerMinute: laneMaxPerMinute });
    expect([lane({ ...older, severities: { ...older.severities, low: before, medium: before } })]).toEqual([undefined]);
    expect(lane(DEFAULT_POLICY, sampleCredential())).toBeUndefined();
  });

  it('claims nothing where it may not speak with the provider, and leaves the rest to a person', () => {
    const exposed = sampleCredential({ provider: 'aws-access-key', enforcement: 'provider' });
    const plan = planResponse(exposed, sampleAssessment(), DEFAULT_POLICY, { hasProvider: false });

    expect(plan).toMatchObject({
      quarantine: { mode: 'deny-all', enforcedBy: 'gateway' },
      revoke: 'ask',
      revokeAtDeadline: false,
      leftToPerson: expect.arrayContaining(['disable it at aws-access-key']) as string[],
    });
    expect(plan.expectedGap).toContain('STILL WORKS');
    expect(planResponse(exposed, sampleAssessment(), DEFAULT_POLICY).leftToPerson).toBeUndefined();
  });

  it('refuses at once what nobody registered, on weak evidence too: no dependent is known that it could hurt', () => {
    const weak = sampleAssessment({ severity: 'medium', families: ['workload'] });
    const { credential } = unregisteredCredential(publicIdSubject('aws-access-key', 'AKIAEXAMPLE'));

    expect(planResponse(credential, weak, DEFAULT_POLICY, { hasProvider: false }).containAtOnce).toBe(true);
    expect(planResponse(sampleCredential(), weak, DEFAULT_POLICY, { hasProvider: false }).containAtOnce).toBe(false);
  });

  it('for what was ended and works again refuses it to everybody at once, and ends it without asking', () => {
    const weak = sampleAssessment({ severity: 'medium', families: ['origin'] });
    for (const credential of [atGateway, sampleCredential(), { ...atGateway, knownContexts: [] }]) {
      const plan = planForDead(planResponse(credential, weak, DEFAULT_POLICY), 'works again');

      expect(plan).toMatchObject({
        strategy: 'inseparable',
        severity: 'medium',
        quarantine: { mode: 'deny-all', enforcedBy: credential.enforcement },
        overlapSeconds: 0,
        containAtOnce: true,
        revoke: 'when-moved',
        revokeAtDeadline: true,
      });
      // Nobody depends on it, so nobody has a lane.
      expect(plan.lane).toBeUndefined();
    }
  });

  it.each([
    [
      'provider',
      'by the gateways only',
      { quarantine: { mode: 'deny-all', enforcedBy: 'gateway' }, overlapSeconds: 0 },
    ],
    ['gateway', 'as before', { quarantine: { enforcedBy: 'gateway' } }],
  ] as const)(
    'of what its provider can only end, used at the %s, refuses it %s, and says so',
    (enforcement, _how, expected) => {
      const credential = sampleCredential({ enforcement });
      const plan = planResponse(credential, sampleAssessment(), DEFAULT_POLICY, { canQuarantine: false });

      expect(plan).toMatchObject({ ...expected, endsOnly: true });
      expect([plan.expectedGap, ...plan.reasons].join()).toContain('until it is revoked');
      expect(plan.reasons.join()).not.toContain('refused there');
      expect(plan.leftToPerson).toBeUndefined();
    },
  );

  describe('of what only a person can replace', () => {
    const byPerson = { canQuarantine: false, canMint: false };
    const critical = sampleAssessment({ severity: 'critical', deterministic: true });

    it('ends it first, where it would be refused to everybody and revoked without a person', () => {
      const plan = planResponse(sampleCredential(), critical, DEFAULT_POLICY, byPerson);

      expect([isEndedFirst(plan), plan.issuedByPerson]).toEqual([true, true]);
      expect(plan.expectedGap).toContain('none that works until a person has given one');
    });

    it.each([
      ['its known contexts can be told apart', atGateway, critical, byPerson],
      ['a person decides about revoking', sampleCredential(), sampleAssessment({ families: ['origin'] }), byPerson],
      ['it can be refused there for now', sampleCredential(), critical, { canMint: false }],
      ['another one is minted', sampleCredential(), critical, { canQuarantine: false }],
    ])('replaces it first where %s', (_why, credential, evidence, reach) => {
      expect(isEndedFirst(planResponse(credential, evidence, DEFAULT_POLICY, reach))).toBe(false);
    });
  });
});
