import { randomUUID } from 'node:crypto';
import type { SecretRef } from '../../domain/credential';
import type { SecretStore } from '../../domain/ports/stores';
import type { FaultProxy } from '../../drills/chaos/fault-proxy';
import { contractCases, type Exemption } from '../support/contract-cases';
import { OutcomeWatch } from '../support/secret-scan';

/** How a server answers that does not do what it is asked; each in the words of its system. */
export const BAD_ANSWERS = ['denied', 'throttled', 'failing', 'malformed'] as const;
export type BadAnswer = (typeof BAD_ANSWERS)[number];

/** A store with its server, and ways in which the two don't meet. */
export interface SecretStoreRig {
  readonly store: SecretStore;
  /** The way to its server. */
  readonly way?: FaultProxy;
  /** The same store, where every call is answered so, with all that was sent in the text. */
  answered?(answer: BadAnswer): Promise<SecretStore>;
  /** The same store by a way on which the answer to a write is lost. */
  losing?(): Promise<SecretStore>;
  /** How long a store that is throttled asks us to wait, in milliseconds, where it can. */
  readonly waitMs?: number;
  /** What lets us in. */
  readonly secrets: readonly string[];
  stop(): Promise<void>;
}

export interface SecretStoreContract {
  readonly name: string;
  readonly make: () => Promise<SecretStoreRig>;
  readonly skip?: readonly Exemption[];
}

/** Cases that need a server behind a network. */
export const OVER_A_NETWORK = [
  ...BAD_ANSWERS.map((answer) => `says SECRET_STORE_UNAVAILABLE of an answer that is ${answer}`),
  'says SECRET_STORE_UNAVAILABLE while nobody is there, and works when somebody is',
  'says SECRET_STORE_UNAVAILABLE within seconds on a half-open connection, and works on the next one',
];
export const LOST_ANSWER = 'says exists when it is tried again after its answer was lost';

const unavailable: unknown = expect.objectContaining({ code: 'SECRET_STORE_UNAVAILABLE' });
const DEADLINE_MS = 6_500;

/** What must hold for every secret store (domain/ports/stores.ts). */
export function describeSecretStore({ name, make, skip = [] }: SecretStoreContract): void {
  describe(`the secret store ${name}`, () => {
    const { contractCase, done } = contractCases(skip);
    const failures = new OutcomeWatch();
    const value = `canary-${randomUUID()}`;
    let rig: SecretStoreRig;
    let ref: SecretRef;

    beforeAll(async () => {
      rig = await make();
    });

    beforeEach(() => {
      ref = refOf(`credentials/${randomUUID()}`);
    });

    afterEach(() => {
      expect(failures.take([value, ...rig.secrets])).toEqual([]);
    });

    afterAll(() => rig.stop());

    const refOf = (path: string, version = 1): SecretRef => ({ store: name, path, version });
    /** Each of the three calls, which all fail. */
    const failingCalls = (store: SecretStore) =>
      Promise.allSettled(
        [store.putIfAbsent(ref, value), store.get(ref), store.destroy(ref)].map((call: Promise<unknown>) =>
          failures.see(call),
        ),
      );
    const allUnavailable = Array<unknown>(3).fill({ status: 'rejected', reason: unavailable });
    const missing = { code: 'SECRET_NOT_FOUND' };

    contractCase('gives a value back that was stored', async () => {
      expect(await rig.store.putIfAbsent(ref, value)).toBe('stored');

      expect(await rig.store.get(ref)).toBe(value);
    });

    contractCase('keeps the first value of a place', async () => {
      await rig.store.putIfAbsent(ref, value);

      expect(await rig.store.putIfAbsent(ref, 'another')).toBe('exists');

      expect(await rig.store.get(ref)).toBe(value);
    });

    contractCase('stores the value of one of those who write at once, and all read that one', async () => {
      const values = Array.from({ length: 8 }, (_, n) => `value-${n}`);

      const said = await Promise.all(values.map((one) => rig.store.putIfAbsent(ref, one)));
      const read = await Promise.all(values.map(() => rig.store.get(ref)));

      expect(said.filter((one) => one === 'stored')).toHaveLength(1);
      expect([...new Set(read)]).toEqual([values[said.indexOf('stored')]]);
    });

    contractCase('changes no character of a long value', async () => {
      const kinds = Array.from({ length: 0x250 }, (_, code) => String.fromCodePoint(code)).join('');
      const long = `${kinds}\r\n\t"'\\\`$\{x}<&>%00\u2028\u202e\ufeffé e\u0301 字 🔑👩‍🚀`.padEnd(20_480, '字x');

      await rig.store.putIfAbsent(ref, long);

      expect(await rig.store.get(ref)).toBe(long);
    });

    contractCase('takes no place for another, whatever it is called', async () => {
      const stem = randomUUID();
      const long = 'p'.repeat(300);
      const refs = [
        'a/b',
        'a-b',
        'A/b',
        'a/b/1',
        'a//b',
        '../a/b',
        '../../a',
        '..',
        'a%2fb',
        'a b',
        `${long}1`,
        `${long}2`,
      ]
        .map((path) => refOf(`${stem}/${path}`))
        .concat(
          refOf(`${stem}/a/b`, 2),
          refOf(`${stem}/a/b`, 21),
          refOf(`/${stem}`),
          refOf(`../../${stem}`),
          refOf(stem),
        );

      for (const one of refs) expect(await rig.store.putIfAbsent(one, `${one.path}@${one.version}`)).toBe('stored');

      const read = await Promise.all(refs.map((one) => rig.store.get(one)));
      expect(read).toEqual(refs.map((one) => `${one.path}@${one.version}`));
    });

    contractCase('says SECRET_NOT_FOUND where there is nothing', async () => {
      await expect(failures.see(rig.store.get(ref))).rejects.toMatchObject(missing);
    });

    contractCase('destroys a value and no other, and twice is harmless', async () => {
      const beside = refOf(`${ref.path}/ended`);
      await rig.store.putIfAbsent(ref, value);
      await rig.store.putIfAbsent(beside, 'ended');

      for (const _time of ['first', 'again']) await rig.store.destroy(ref);

      await expect(failures.see(rig.store.get(ref))).rejects.toMatchObject(missing);
      expect(await rig.store.get(beside)).toBe('ended');
    });

    contractCase('takes a new value where one was destroyed', async () => {
      await rig.store.putIfAbsent(ref, value);
      await rig.store.destroy(ref);

      expect(await rig.store.putIfAbsent(ref, 'new')).toBe('stored');

      expect(await rig.store.get(ref)).toBe('new');
    });

    contractCase(LOST_ANSWER, async () => {
      const losing = await rig.losing!();

      await expect(failures.see(losing.putIfAbsent(ref, value))).rejects.toThrow();

      expect(await rig.store.putIfAbsent(ref, 'another')).toBe('exists');
      expect(await rig.store.get(ref)).toBe(value);
    });

    for (const answer of BAD_ANSWERS)
      contractCase(`says SECRET_STORE_UNAVAILABLE of an answer that is ${answer}`, async () => {
        const results = await failingCalls(await rig.answered!(answer));

        expect(results).toEqual(allUnavailable);
        const wait = answer === 'throttled' ? rig.waitMs : undefined;
        for (const result of results)
          expect(result).toMatchObject({ reason: { fields: wait === undefined ? {} : { retryAfterMs: wait } } });
      });

    contractCase('says SECRET_STORE_UNAVAILABLE while nobody is there, and works when somebody is', async () => {
      rig.way!.mode = 'refuse';

      expect(await failingCalls(rig.store)).toEqual(allUnavailable);

      rig.way!.mode = 'pass';
      expect(await rig.store.putIfAbsent(ref, value)).toBe('stored');
    });

    contractCase(
      'says SECRET_STORE_UNAVAILABLE within seconds on a half-open connection, and works on the next one',
      async () => {
        await rig.store.putIfAbsent(ref, value);
        rig.way!.mode = 'black-hole';
        const begin = Date.now();

        expect(await failingCalls(rig.store)).toEqual(allUnavailable);

        expect(Date.now() - begin).toBeLessThan(DEADLINE_MS);
        rig.way!.mode = 'pass';
        expect(await rig.store.get(ref)).toBe(value);
      },
    );

    done();
  });
}
