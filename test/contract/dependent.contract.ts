import type { DependentRecord } from '../../domain/credential';
import type { DependentAdapter } from '../../domain/ports/dependent';
import type { FaultProxy } from '../../drills/chaos/fault-proxy';
import { callContext } from '../support/call-context';
import { contractCases, type Exemption } from '../support/contract-cases';
import { eventually } from '../support/eventually';
import { sampleVersion } from '../support/sample-credential';
import { OutcomeWatch } from '../support/secret-scan';
import { CAPTIVE_PORTAL, type BusyServer } from '../support/server-says';

/** A dependent with the real client library in it, moved by the adapter. */
export interface DependentRig {
  readonly adapter: DependentAdapter;
  readonly dependent: DependentRecord;
  /** A dependent of the same kind that never says a word. */
  readonly silent: DependentRecord;
  readonly credentialId: string;
  /** What the dependent itself holds. */
  held(): number;
  /** How often the dependent has fetched a value. */
  fetches(): number;
  /** Whether the dependent's own probe works. */
  probeWorks(works: boolean): void;
  /** Whether the dependent can fetch values. */
  storeAnswers(answers: boolean): void;
  /** Has the dependent answer with something that is no status. */
  garble(): Promise<DependentRecord>;
  /** The same way, with a key the dependent does not know. */
  withWrongKey(): DependentAdapter;
  /** The way to it, over a network. */
  readonly way?: FaultProxy;
  /** What is said there by what is too busy. */
  readonly busy?: BusyServer;
  /** What stands in whatever moves the dependent, and in nothing else that we say. */
  readonly changing?: RegExp;
  /** The way to the dependent is cut, for good. */
  cut(): Promise<void>;
  /** Everything that went over the wire to the dependent. */
  traffic(): Promise<readonly string[]>;
  readonly secrets: readonly string[];
  stop(): Promise<void>;
}

export interface DependentContract {
  readonly name: string;
  readonly make: () => Promise<DependentRig>;
  readonly skip?: readonly Exemption[];
}

/** Cases of those that are reached by HTTP, and over any network. */
export const OVER_HTTP = [
  'says how long one that is too busy asks us to wait',
  'takes no page for a dependent that was told',
];
export const OVER_A_NETWORK = [
  'says DEPENDENT_UNREACHABLE within seconds on a half-open connection, and works on the next one',
  'moves it at the next try when the answer to the first was lost',
];
const DEADLINE_MS = 12_000;
/** Longer than every time-out of the adapters. */
const PATIENT_MS = 30_000;

/** What must hold for every dependent adapter (domain/ports/dependent.ts), against the real client library. */
export function describeDependent({ name, make, skip = [] }: DependentContract): void {
  describe(`the dependent ${name}`, () => {
    const { contractCase, done } = contractCases(skip);
    const outcomes = new OutcomeWatch();
    let rig: DependentRig;

    beforeEach(async () => {
      rig = await make();
    });

    afterEach(async () => {
      expect(outcomes.take(rig.secrets)).toEqual([]);
      await rig.stop();
    });

    const version = (n: number) => sampleVersion({ credentialId: rig.credentialId, version: n });
    const activate = (n: number, adapter = rig.adapter, dependent = rig.dependent) =>
      outcomes.see(adapter.activate(dependent, version(n), callContext()));
    const status = (n: number, dependent = rig.dependent) =>
      outcomes.see(rig.adapter.status(dependent, version(n), callContext()));
    const untilTold = (n: number) =>
      eventually(
        () =>
          activate(n).then(
            () => true,
            () => false,
          ),
        Boolean,
        DEADLINE_MS,
      );
    const moved = (to: number) =>
      eventually(
        () => status(to),
        ({ using }) => using === to,
      );

    contractCase('moves the dependent, and says so after a probe through it', async () => {
      await activate(2);

      const said = await moved(2);

      expect(said).toMatchObject({ using: 2, healthy: true });
      expect(rig.held()).toBe(2);
    });

    contractCase('telling it twice is harmless', async () => {
      await activate(2);
      await moved(2);
      const fetches = rig.fetches();

      await activate(2);

      expect(await moved(2)).toMatchObject({ using: 2, healthy: true });
      expect(rig.fetches()).toBe(fetches);
    });

    contractCase('moves it back', async () => {
      await activate(2);
      await moved(2);

      await activate(1);

      expect(await moved(1)).toMatchObject({ using: 1, healthy: true });
      expect(rig.held()).toBe(1);
    });

    contractCase('does not call it healthy when the probe through it fails', async () => {
      rig.probeWorks(false);
      await activate(2);

      const said = await moved(2);

      expect(said).toMatchObject({ using: 2, healthy: false });
    });

    contractCase('moves it at a later try when it could not fetch the value at first', async () => {
      rig.storeAnswers(false);
      await Promise.allSettled([activate(2)]);
      await eventually(rig.fetches, (fetches) => fetches >= 2);
      rig.storeAnswers(true);

      await activate(2);

      expect(await moved(2)).toMatchObject({ using: 2, healthy: true });
    });

    contractCase(
      'says unknown of one that is silent',
      async () => {
        const said = await status(2, rig.silent);

        expect(said).toMatchObject({ using: 'unknown', healthy: false });
      },
      PATIENT_MS,
    );

    contractCase('says unknown of an answer that can not be read', async () => {
      const garbling = await rig.garble();

      const said = await status(2, garbling);

      expect(said).toMatchObject({ using: 'unknown', healthy: false });
    });

    contractCase('says DEPENDENT_REFUSED when its key is not known there', async () => {
      const call = activate(2, rig.withWrongKey());

      await expect(call).rejects.toMatchObject({ code: 'DEPENDENT_REFUSED' });
    });

    contractCase('says DEPENDENT_UNREACHABLE when the way is cut', async () => {
      await rig.cut();

      const results = await Promise.allSettled([activate(2), status(2)]);

      const unreachable: unknown = expect.objectContaining({ code: 'DEPENDENT_UNREACHABLE' });
      expect(results).toEqual([
        { status: 'rejected', reason: unreachable },
        { status: 'rejected', reason: unreachable },
      ]);
    });

    contractCase(OVER_HTTP[0]!, async () => {
      const before = rig.held();
      rig.way!.mode = rig.busy!;

      const results = await Promise.allSettled([activate(2), status(2)]);

      const { retryAfterMs } = rig.busy!;
      const fields: unknown = expect.objectContaining({ retryAfterMs });
      const reason: unknown = expect.objectContaining({ code: 'DEPENDENT_UNREACHABLE', fields });
      expect(results).toEqual(Array(2).fill({ status: 'rejected', reason }));
      expect(rig.held()).toBe(before);
    });

    contractCase(OVER_HTTP[1]!, async () => {
      const before = rig.held();
      rig.way!.mode = { answer: CAPTIVE_PORTAL };

      const told = activate(2);

      await expect(told).rejects.toMatchObject({ code: 'DEPENDENT_UNREACHABLE' });
      expect(rig.held()).toBe(before);
    });

    contractCase(
      OVER_A_NETWORK[0]!,
      async () => {
        await activate(1);
        rig.way!.mode = 'black-hole';
        const begin = performance.now();

        const silent = activate(2);

        await expect(silent).rejects.toMatchObject({ code: 'DEPENDENT_UNREACHABLE' });
        expect(performance.now() - begin).toBeLessThan(DEADLINE_MS);
        rig.way!.mode = 'pass';
        await untilTold(2);
        expect(await moved(2)).toMatchObject({ using: 2, healthy: true });
      },
      PATIENT_MS,
    );

    contractCase(OVER_A_NETWORK[1]!, async () => {
      rig.way!.mode = { loseAnswerTo: rig.changing! };
      const lost = activate(2);
      await expect(lost).rejects.toMatchObject({ code: 'DEPENDENT_UNREACHABLE' });
      rig.way!.mode = 'pass';

      await untilTold(2);

      expect(rig.way!.lost).toBe(1);
      expect(await moved(2)).toMatchObject({ using: 2, healthy: true });
      expect(rig.held()).toBe(2);
    });

    contractCase('lets no secret cross', async () => {
      await activate(2);
      await moved(2);

      const traffic = await rig.traffic();

      expect(traffic.length).toBeGreaterThan(0);
      expect(traffic.filter((text) => rig.secrets.some((secret) => text.includes(secret)))).toEqual([]);
    });

    done();
  });
}
