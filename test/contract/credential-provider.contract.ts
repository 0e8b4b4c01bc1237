import type { SecretVersion } from '../../domain/credential';
import { secretMaterial, valueOf } from '../../domain/secret-material';
import { callContext } from '../support/call-context';
import { contractCases, describeWith, type Exemption } from '../support/contract-cases';
import { eventually } from '../support/eventually';
import type { ProviderRig } from '../support/provider-rig';
import { secretRef } from '../support/sample-credential';
import { codesOf, retryAfterOf } from '../support/result-codes';
import { OutcomeWatch } from '../support/secret-scan';
import { CAPTIVE_PORTAL } from '../support/server-says';

export interface ProviderContract {
  readonly name: string;
  readonly make: () => Promise<ProviderRig>;
  readonly skip?: readonly Exemption[];
  /** What its server needs and this machine lacks: then nothing is looked at, except in CI, where it fails. */
  readonly missing?: string | undefined;
}

/** What can't be shown of a system that can refuse a version only by ending it. */
export const OF_QUARANTINE: readonly string[] = [
  'quarantine refuses authentication; a second time it is already so',
  'quarantine ends the sessions',
  'quarantine lets no login slip through that races it',
  'quarantine at once from two sides ends in the same state',
  'release lifts a quarantine, and the value is the same; a second time it is already so',
  'quarantine refuses again what was released',
  'says of one that is quarantined that it is refused, and not that it is alive',
];

const RACING_LOGINS = 60;
/** Longer than every time-out of the providers together. */
const PATIENT_MS = 60_000;
/** After it no earlier attempt at a version can still be under way. */
const LONGER_THAN_AN_ATTEMPT_MS = 35_000;

/** What must hold for every provider (domain/ports/credential-provider.ts), against a real server. */
export function describeCredentialProvider({ name, make, skip = [], missing }: ProviderContract): void {
  describeWith(missing)(`the credential provider ${name}`, () => {
    const { contractCase, done } = contractCases(skip);
    const outcomes = new OutcomeWatch();
    let rig: ProviderRig;
    let nextVersion = 1;
    const minted = new Map<string, SecretVersion>();

    beforeAll(async () => {
      rig = await make();
    }, PATIENT_MS);

    afterEach(async () => {
      rig.adminWay.mode = 'pass';
      rig.loginWay.mode = 'pass';
      if (rig.mostVersions !== undefined) for (const version of minted.values()) await revoke(version);
      minted.clear();
      expect(outcomes.take(await rig.secrets())).toEqual([]);
    });

    afterAll(async () => {
      await rig.stop();
    });

    const context = callContext();
    const settleMs = () => rig.provider.capabilities.propagationMs + 5_000;
    const absent = (): SecretVersion => rig.absent ?? versionOf('nobody_v999', 999);

    function versionOf(publicId: string, version: number): SecretVersion {
      const secret = secretRef(rig.credential.id, version);
      return { credentialId: rig.credential.id, version, publicId, subjects: [], state: 'live', secret };
    }

    async function mint(version = nextVersion++): Promise<SecretVersion> {
      const secret = secretRef(rig.credential.id, version);
      const value = rig.issue
        ? await given(version, await rig.issue())
        : (await outcomes.see(rig.provider.createReplacement(rig.credential, { version, secret }, context))).value;
      const made = { ...versionOf(value.publicId, version), ...value };
      minted.set(made.publicId, made);
      return made;
    }

    /** As a registration takes it in (activities/issue-first-version.ts). */
    async function given(
      version: number,
      value: string,
    ): Promise<Pick<SecretVersion, 'publicId' | 'subjects' | 'secret'>> {
      const adopted = rig.provider.adopt?.(rig.credential, { version, value });
      if (!adopted) throw new Error(`${rig.provider.id} takes in nothing that a person has`);
      const { publicId, subjects, material } = adopted;
      const secret = secretRef(rig.credential.id, version);
      await rig.secretStore.putIfAbsent(secret, JSON.stringify(material));
      return { publicId, subjects, secret };
    }

    const probe = () => outcomes.see(rig.provider.probe(rig.credential, context));
    const probeAccount = () => outcomes.see(rig.provider.probeAccount(rig.credential.account, context));
    const quarantine = (version: SecretVersion) =>
      outcomes.see(rig.provider.quarantine(rig.credential, version, context));
    const release = (version: SecretVersion) => outcomes.see(rig.provider.release(rig.credential, version, context));
    const revoke = (version: SecretVersion) => outcomes.see(rig.provider.revoke(rig.credential, version, context));
    const verify = (old: SecretVersion, control: SecretVersion, signal?: AbortSignal) =>
      outcomes.see(rig.provider.verifyDead(rig.credential, old, control, callContext(signal)));
    const createAgain = (version: number) =>
      outcomes.see(
        rig.provider.createReplacement(
          rig.credential,
          { version, secret: secretRef(rig.credential.id, version) },
          context,
        ),
      );
    /** Each call of which our admin has a part. */
    const everyCall = (version: SecretVersion, control: SecretVersion) =>
      Promise.allSettled([
        quarantine(version),
        release(version),
        revoke(version),
        verify(version, control),
        probe(),
        probeAccount(),
      ]);
    const untilRefused = (version: SecretVersion) =>
      eventually(
        () => rig.accepts(version),
        (accepted) => !accepted,
        settleMs(),
      );

    /** What comes of a call that reaches the server, and of which the server's answer does not reach us. */
    async function losingTheAnswer(call: () => Promise<unknown>): Promise<unknown> {
      const before = rig.adminWay.lost;
      rig.adminWay.mode = { loseAnswerTo: rig.changing };
      const results = await Promise.allSettled([call()]);
      rig.adminWay.mode = 'pass';
      return rig.adminWay.lost > before ? codesOf(results)[0] : 'nothing was lost';
    }

    /** Those of them that a quarantine refuses: none, where the provider can only end them. */
    const refusedForNow = (...versions: readonly SecretVersion[]): readonly SecretVersion[] =>
      rig.provider.capabilities.quarantine === 'reversible' ? versions : [];

    contractCase('probe says that our admin may do what an incident needs, and changes nothing', async () => {
      const revoked = await mint();
      await revoke(revoked);
      const [live, quarantined] = [await mint(), await mint()];
      await quarantine(quarantined);
      await Promise.all([revoked, ...refusedForNow(quarantined)].map(untilRefused));
      const before = await rig.records();

      const probed = [await probe(), await probe(), await probeAccount()];

      expect(probed.map(({ state }) => state)).toEqual(['already', 'already', 'already']);
      expect(probed.map(({ evidence }) => evidence)).not.toContain('');
      expect(await rig.records()).toEqual(before);
      expect([await rig.accepts(live), await rig.accepts(quarantined), await rig.accepts(revoked)]).toEqual([
        true,
        refusedForNow(quarantined).length === 0,
        false,
      ]);
    });

    contractCase('creates once for one ref: the same credential and the same value', async () => {
      const version = nextVersion++;

      const first = await mint(version);
      const accepted = await rig.accepts(first);
      const again = await outcomes.see(
        rig.provider.createReplacement(rig.credential, { version, secret: first.secret }, context),
      );

      expect(again.state).toBe('already');
      expect(again.value).toEqual({ publicId: first.publicId, subjects: first.subjects, secret: first.secret });
      expect(first.subjects.length).toBeGreaterThan(0);
      expect([accepted, await rig.accepts(first)]).toEqual([true, true]);
    });

    contractCase('takes in what others have issued as it keeps what it has minted itself', async () => {
      const made = await mint();
      const kept = await rig.secretStore.get(made.secret);
      const found = { version: made.version, publicId: made.publicId, value: givenOf(kept) };

      const adopted = rig.provider.adopt?.(rig.credential, found);

      const material: unknown = JSON.parse(kept);
      expect(adopted).toEqual({ publicId: made.publicId, subjects: made.subjects, material });
    });

    contractCase('creates one credential when two attempts of one step overlap', async () => {
      const version = nextVersion++;
      const secret = secretRef(rig.credential.id, version);

      const both = await Promise.allSettled(
        [1, 2].map(() => outcomes.see(rig.provider.createReplacement(rig.credential, { version, secret }, context))),
      );

      const failures = both.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
      for (const failure of failures) expect(failure).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
      const minted = await mint(version);
      expect(await rig.accepts(minted)).toBe(true);
    });

    contractCase(
      'old and new live side by side as it declares, and the end of one leaves the other alone',
      async () => {
        const [old, next] = [await mint(), await mint()];
        const together = [await rig.accepts(old), await rig.accepts(next)];

        await revoke(old);
        await untilRefused(old);

        expect(together).toEqual([rig.provider.capabilities.overlap !== 'none', true]);
        expect(await rig.accepts(next)).toBe(true);
      },
    );

    contractCase('tests a version by using it', async () => {
      const version = await mint();

      const tested = await outcomes.see(rig.provider.test(rig.credential, version, context));

      expect(tested.state).toBe('done');
    });

    contractCase('says REPLACEMENT_REJECTED of a version that is refused', async () => {
      const version = await mint();
      await revoke(version);

      const test = outcomes.see(rig.provider.test(rig.credential, version, context));

      await expect(test).rejects.toMatchObject({ code: 'REPLACEMENT_REJECTED' });
    });

    contractCase('quarantine refuses authentication; a second time it is already so', async () => {
      const version = await mint();

      const first = await quarantine(version);
      const second = await quarantine(version);

      expect([first.state, second.state]).toEqual(['done', 'already']);
      expect(await untilRefused(version)).toBe(false);
    });

    contractCase('quarantine ends the sessions', async () => {
      const version = await mint();
      const session = await rig.openSession(version);

      await quarantine(version);

      expect(session).toBeDefined();
      expect(await rig.sessions(version)).toBe(0);
      const { endsSessions, derivedTokens } = rig.provider.capabilities;
      expect([endsSessions, derivedTokens === 'live-on']).toEqual([true, false]);
      await session?.end();
    });

    contractCase('quarantine lets no login slip through that races it', async () => {
      const version = await mint();
      const logins = Array.from({ length: RACING_LOGINS }, () => rig.openSession(version));
      // In the middle of them: some have logged in by now, and some have not.
      await Promise.any(logins);

      // It is tried again, as it is by Temporal: a server may have no time for it beside so many logins.
      const contained = await eventually(
        async () => codesOf(await Promise.allSettled([quarantine(version)]))[0],
        (code) => code !== 'PROVIDER_UNAVAILABLE',
      );

      const sessions = await rig.sessions(version);
      const opened = await Promise.all(logins);
      expect([contained, sessions, await rig.sessions(version)]).toEqual(['fulfilled', 0, 0]);
      for (const session of opened) await session?.end();
    });

    contractCase('quarantine at once from two sides ends in the same state', async () => {
      const version = await mint();

      const both = await Promise.allSettled([quarantine(version), quarantine(version)]);

      const failures = both.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
      for (const failure of failures) expect(failure).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
      expect((await quarantine(version)).state).toBe('already');
      expect(await untilRefused(version)).toBe(false);
    });

    contractCase('release lifts a quarantine, and the value is the same; a second time it is already so', async () => {
      const version = await mint();
      await quarantine(version);
      await untilRefused(version);

      const states = [(await release(version)).state, (await release(version)).state];

      const accepted = await eventually(() => rig.accepts(version), Boolean, settleMs());
      expect(rig.provider.capabilities.quarantine).toBe('reversible');
      expect([states, accepted]).toEqual([['done', 'already'], true]);
    });

    contractCase('quarantine refuses again what was released', async () => {
      const version = await mint();
      await quarantine(version);
      await release(version);

      const again = await quarantine(version);

      expect([again.state, await untilRefused(version)]).toEqual(['done', false]);
    });

    contractCase('release of what was never quarantined is already so', async () => {
      const version = await mint();

      const released = await release(version);

      expect([released.state, await rig.accepts(version)]).toEqual(['already', true]);
    });

    contractCase('release brings nothing back that is revoked, discarded or absent', async () => {
      const [revoked, discarded] = [await mint(), await mint()];
      await quarantine(revoked);
      await revoke(revoked);
      await outcomes.see(rig.provider.discard(rig.credential, discarded, context));

      const results = await Promise.allSettled([release(revoked), release(discarded), release(absent())]);

      expect(codesOf(results)).toEqual(Array(3).fill('CONTAINMENT_FINAL'));
      expect([await untilRefused(revoked), await untilRefused(discarded)]).toEqual([false, false]);
    });

    contractCase('release and revoke at once end dead', async () => {
      const version = await mint();
      await quarantine(version);

      const [revoked] = await Promise.allSettled([revoke(version), release(version)]);
      if (revoked.status === 'rejected') await revoke(version);
      await Promise.allSettled([release(version)]);

      expect(await untilRefused(version)).toBe(false);
    });

    contractCase('creating again never brings back what is contained', async () => {
      const [quarantined, revoked] = [await mint(), await mint()];
      await quarantine(quarantined);
      await revoke(revoked);

      await Promise.allSettled([mint(quarantined.version), mint(revoked.version)]);

      const contained = [revoked, ...refusedForNow(quarantined)];
      expect(await Promise.all(contained.map(untilRefused))).toEqual(contained.map(() => false));
    });

    contractCase('revoke ends it for ever; a second time, and of an absent one, it is already so', async () => {
      const version = await mint();
      const session = await rig.openSession(version);

      const states = [await revoke(version), await revoke(version), await revoke(absent())].map(({ state }) => state);

      expect(states).toEqual(['done', 'already', 'already']);
      expect(await untilRefused(version)).toBe(false);
      expect(await rig.sessions(version)).toBe(0);
      await session?.end();
    });

    contractCase('revoke ends what was quarantined before', async () => {
      const version = await mint();
      await quarantine(version);

      const revoked = await revoke(version);

      expect(revoked.state).toBe('done');
    });

    contractCase('discard ends a version nobody uses; a second time it is already so', async () => {
      const version = await mint();
      const discard = () => outcomes.see(rig.provider.discard(rig.credential, version, context));

      const states = [(await discard()).state, (await discard()).state];

      expect(states).toEqual(['done', 'already']);
      expect(await untilRefused(version)).toBe(false);
    });

    contractCase('discard ends what was minted though its mint gave no answer, so that it has no name', async () => {
      const version = await mint();
      const unnamed = { ...version, publicId: '', subjects: [] };
      const discard = () => outcomes.see(rig.provider.discard(rig.credential, unnamed, context));

      const states = [(await discard()).state, (await discard()).state];

      expect(states).toEqual(['done', 'already']);
      expect(await untilRefused(version)).toBe(false);
    });

    contractCase('discard of what no server can have been told of asks nobody', async () => {
      rig.adminWay.mode = 'refuse';
      const version = nextVersion++;
      const failed = await Promise.allSettled([mint(version)]);

      const never = await outcomes.see(rig.provider.discard(rig.credential, versionOf('', version), context));

      expect([codesOf(failed), never.state]).toEqual([['PROVIDER_UNAVAILABLE'], 'already']);
    });

    contractCase('proves death by the old refused and the control accepted', async () => {
      const [old, control] = [await mint(), await mint()];
      await revoke(old);

      const verdict = await eventually(
        () => verify(old, control),
        (seen) => seen.verdict !== 'alive',
        settleMs(),
      );

      expect(verdict).toMatchObject({ verdict: 'dead', proof: 'presented', sessions: 0 });
    });

    contractCase('says alive of a version that works', async () => {
      const [old, control] = [await mint(), await mint()];

      const verdict = await verify(old, control);

      expect(verdict.verdict).toBe('alive');
    });

    contractCase('says of one that is quarantined that it is refused, and not that it is alive', async () => {
      const [old, control] = [await mint(), await mint()];
      await quarantine(old);
      await untilRefused(old);

      const seen = [await verify(old, control), await verify(old, old)];

      expect(seen.map(({ verdict, oldRefused }) => [verdict === 'alive', oldRefused])).toEqual([
        [false, true],
        [false, true],
      ]);
    });

    contractCase('could not tell when the control is refused too', async () => {
      const [old, control] = [await mint(), await mint()];
      await Promise.all([revoke(old), revoke(control)]);
      await Promise.all([untilRefused(old), untilRefused(control)]);

      const verdict = await verify(old, control);

      expect(verdict.verdict).toBe('unknown');
    });

    contractCase(
      'could not tell when nobody answers',
      async () => {
        const [old, control] = [await mint(), await mint()];
        await revoke(old);
        await untilRefused(old);

        rig.loginWay.mode = 'refuse';
        const closed = await verify(old, control);
        rig.loginWay.mode = 'black-hole';
        const silent = await verify(old, control);

        expect([closed.verdict, silent.verdict]).toEqual(['unknown', 'unknown']);
      },
      PATIENT_MS,
    );

    contractCase('says PROVIDER_ADMIN_DENIED when our admin credential is refused', async () => {
      const [version, control] = [await mint(), await mint()];
      await rig.admin(false);

      const results = await everyCall(version, control);

      await rig.admin(true);
      expect(codesOf(results)).toEqual(Array(6).fill('PROVIDER_ADMIN_DENIED'));
    });

    contractCase(
      'says PROVIDER_UNAVAILABLE when the server is away, or silent',
      async () => {
        const [version, control] = [await mint(), await mint()];

        // Silent first: connections that are open already fall silent too.
        rig.adminWay.mode = 'black-hole';
        const silent = await Promise.allSettled([quarantine(version), mint(), verify(version, control), probe()]);
        rig.adminWay.mode = 'refuse';
        const away = await everyCall(version, control);

        expect(codesOf([...silent, ...away])).toEqual(Array(10).fill('PROVIDER_UNAVAILABLE'));
      },
      PATIENT_MS,
    );

    contractCase(
      'says PROVIDER_UNAVAILABLE of a server that is too busy, and how long it asks us to wait',
      async () => {
        const [version, control] = [await mint(), await mint()];
        rig.adminWay.mode = rig.busy;

        const results = await everyCall(version, control);

        rig.adminWay.mode = 'pass';
        expect(codesOf(results)).toEqual(Array(6).fill('PROVIDER_UNAVAILABLE'));
        expect(results.map(retryAfterOf)).toEqual(Array(6).fill(rig.busy.retryAfterMs));
        expect(await rig.accepts(version)).toBe(true);
      },
    );

    contractCase('says how long a server that is too busy to take a version asks us to wait', async () => {
      const version = await mint();
      rig.loginWay.mode = rig.busy;

      const [result] = await Promise.allSettled([outcomes.see(rig.provider.test(rig.credential, version, context))]);

      expect(codesOf([result])).toEqual(['PROVIDER_UNAVAILABLE']);
      expect(retryAfterOf(result)).toBe(rig.busy.retryAfterMs);
    });

    contractCase('says PROVIDER_UNAVAILABLE of an answer that is none, and takes nothing for done', async () => {
      const [version, control] = [await mint(), await mint()];
      rig.adminWay.mode = { answer: CAPTIVE_PORTAL };

      const results = await everyCall(version, control);

      rig.adminWay.mode = 'pass';
      expect(codesOf(results)).toEqual(Array(6).fill('PROVIDER_UNAVAILABLE'));
      expect(await rig.accepts(version)).toBe(true);
    });

    contractCase('proves no death by an answer that is none, nor by a server that is too busy', async () => {
      const [old, control] = [await mint(), await mint()];
      await revoke(old);
      await untilRefused(old);
      const verdicts: string[] = [];
      for (const mode of [{ answer: CAPTIVE_PORTAL }, rig.busy]) {
        rig.loginWay.mode = mode;
        verdicts.push((await verify(old, control)).verdict);
      }

      expect(verdicts).toEqual(['unknown', 'unknown']);
    });

    contractCase('creates nothing anew after an answer that was lost', async () => {
      const version = nextVersion++;
      const kept = async () => (await rig.kept?.()) ?? 0;
      const before = await kept();
      const lost = await losingTheAnswer(() => createAgain(version));
      const clock = jest.spyOn(Date, 'now');

      const [first] = await Promise.allSettled([createAgain(version)]);
      // Of values that are shown once the first is swept, as soon as no attempt can still store it.
      const now = Date.now();
      if (first.status === 'rejected') clock.mockReturnValue(now + LONGER_THAN_AN_ATTEMPT_MS);
      if (first.status === 'rejected') rig.later?.(LONGER_THAN_AN_ATTEMPT_MS);
      const made = await mint(version);

      clock.mockRestore();
      expect(lost).toBe('PROVIDER_UNAVAILABLE');
      if (first.status === 'rejected') expect(codesOf([first])).toEqual(['PROVIDER_UNAVAILABLE']);
      expect(await kept()).toBe(rig.kept ? before + 1 : 0);
      expect(await rig.accepts(made)).toBe(true);
    });

    contractCase('finds contained at the next try what was contained though the answer was lost', async () => {
      const [refused, ended] = [await mint(), await mint()];

      const lost = [
        rig.provider.capabilities.quarantine === 'reversible' && (await losingTheAnswer(() => quarantine(refused))),
        await losingTheAnswer(() => revoke(ended)),
      ].filter((code) => code !== false);

      const contained = [ended, ...refusedForNow(refused)];
      const seen = await Promise.all(contained.map(untilRefused));
      await Promise.all([quarantine(refused), revoke(ended)]);
      const states = [(await quarantine(refused)).state, (await revoke(ended)).state];
      expect(lost).toEqual(lost.map(() => 'PROVIDER_UNAVAILABLE'));
      expect(seen).toEqual(contained.map(() => false));
      expect(states).toEqual(['already', 'already']);
    });

    contractCase('gives up a proof when it is cancelled, and proves nothing', async () => {
      const [old, control] = [await mint(), await mint()];
      await revoke(old);
      await untilRefused(old);
      rig.loginWay.mode = 'black-hole';
      const begin = performance.now();

      const [result] = await Promise.allSettled([verify(old, control, AbortSignal.timeout(200))]);

      expect(performance.now() - begin).toBeLessThan(2_000);
      expect(result.status === 'fulfilled' ? result.value.verdict : 'none').not.toBe('dead');
    });

    done();
  });
}

/** What a person has of a version, to give it to us: the secret alone, except where it is a file. */
function givenOf(kept: string): string {
  const material = secretMaterial.parse(JSON.parse(kept));
  return (material.kind === 'nats-user' ? material.creds : valueOf(kept)) ?? '';
}
