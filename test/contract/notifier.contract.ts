import { renderNotice } from '../../activities/notifiers/render-notice';
import type { Notifier } from '../../domain/ports/notifier';
import { callContext } from '../support/call-context';
import { contractCases, type Exemption } from '../support/contract-cases';
import { sampleNotice } from '../support/sample-notice';
import { OutcomeWatch } from '../support/secret-scan';

/** `garble`: answers with what is no answer. `lose`: takes what is sent, and its answer is lost. */
export type ReceiverBehaviour = 'deliver' | 'fail' | 'throttle' | 'hang' | 'gone' | 'garble' | 'lose';

export interface NotifierRig {
  readonly notifier: Notifier;
  /** May hold a token, so it must stand nowhere. */
  readonly target: string;
  /** Some that it must find a fault with: each holds one of `secrets`, which the fault must not quote. */
  readonly badTargets: readonly string[];
  /** What the receiver got, as text. */
  received(): Promise<readonly string[]>;
  /** How the receiver answers from now on; one that throttles asks us to wait for 7 seconds. */
  behave(as: ReceiverBehaviour): Promise<void>;
  /** What must never be seen outside a call. */
  readonly secrets: readonly string[];
  /** Whatever the notifier wrote about itself. */
  logged(): readonly string[];
  stop(): Promise<void>;
}

export interface NotifierContract {
  readonly name: string;
  readonly make: () => Promise<NotifierRig>;
  readonly skip?: readonly Exemption[];
}

const NOTICE = renderNotice(sampleNotice({ severity: 'critical' }), 'security');

/** What must hold for every notifier (domain/ports/notifier.ts). */
export function describeNotifier({ name, make, skip = [] }: NotifierContract): void {
  describe(`the notifier ${name}`, () => {
    const { contractCase, done } = contractCases(skip);
    const outcomes = new OutcomeWatch();
    let rig: NotifierRig;

    beforeEach(async () => {
      rig = await make();
    });

    afterEach(async () => {
      expect(outcomes.take(rig.secrets)).toEqual([]);
      expect(rig.logged().filter((line) => rig.secrets.some((secret) => line.includes(secret)))).toEqual([]);
      await rig.stop();
    });

    const send = (dedupeKey: string, signal?: AbortSignal) =>
      outcomes.see(rig.notifier.send(rig.target, NOTICE, dedupeKey, callContext(signal)));

    contractCase('delivers the notice, and the key by which a repetition is known', async () => {
      await send('run/notify/security');
      await send('run/notify/security');

      const received = await rig.received();
      expect(received).toHaveLength(2);
      for (const text of received) {
        expect(text).toContain('run/notify/security');
        expect(text).toContain('orders-db');
      }
    });

    contractCase('says NOTIFICATION_FAILED when the receiver fails', async () => {
      await rig.behave('fail');

      const call = send('key');

      await expect(call).rejects.toMatchObject({ code: 'NOTIFICATION_FAILED', fields: { notifier: name } });
    });

    contractCase('says how long a receiver that throttles asks us to wait', async () => {
      await rig.behave('throttle');

      const call = send('key');

      await expect(call).rejects.toMatchObject({ code: 'NOTIFICATION_FAILED', fields: { retryAfterMs: 7_000 } });
    });

    contractCase('says NOTIFICATION_FAILED of an answer that is none', async () => {
      await rig.behave('garble');

      const call = send('key');

      await expect(call).rejects.toMatchObject({ code: 'NOTIFICATION_FAILED' });
    });

    contractCase(
      'says NOTIFICATION_FAILED when it was taken and the answer was lost, and sends it again as it was',
      async () => {
        await rig.behave('lose');
        const lost = send('run/notify/security');
        await expect(lost).rejects.toMatchObject({ code: 'NOTIFICATION_FAILED' });
        await rig.behave('deliver');

        await send('run/notify/security');

        const received = await rig.received();
        expect(received.length).toBeGreaterThan(1);
        for (const text of received) expect(text).toContain('run/notify/security');
      },
    );

    contractCase('finds nothing wrong with a good target, and quotes nothing of a bad one', () => {
      const faults = rig.badTargets.map((target) => rig.notifier.targetFault(target));

      expect(rig.notifier.targetFault(rig.target)).toBeUndefined();
      for (const fault of faults) expect(fault).toMatch(/^(?:is|has|does|names) /);
      expect(faults.filter((fault) => rig.secrets.some((secret) => fault?.includes(secret)))).toEqual([]);
      return Promise.resolve();
    });

    const reach = () => outcomes.see(rig.notifier.reach(rig.target, callContext()));

    contractCase('tells whether anybody answers there, and sends nothing', async () => {
      await reach();

      expect(await rig.received()).toEqual([]);
    });

    contractCase('says NOTIFICATION_FAILED when nobody is there', async () => {
      await rig.behave('gone');

      const calls = [send('key'), reach()];

      for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'NOTIFICATION_FAILED' });
    });

    contractCase(
      'says NOTIFICATION_FAILED when there is no answer in time',
      async () => {
        await rig.behave('hang');

        const call = send('key');

        await expect(call).rejects.toMatchObject({ code: 'NOTIFICATION_FAILED' });
      },
      20_000,
    );

    contractCase('gives up when it is cancelled', async () => {
      await rig.behave('hang');
      const begin = performance.now();

      const call = send('key', AbortSignal.timeout(100));

      await expect(call).rejects.toMatchObject({ code: 'NOTIFICATION_FAILED' });
      expect(performance.now() - begin).toBeLessThan(2_000);
    });

    done();
  });
}
