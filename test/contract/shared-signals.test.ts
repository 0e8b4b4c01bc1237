import { generateKeyPairSync } from 'node:crypto';
import { createLocalJWKSet, jwtVerify, type JWTPayload } from 'jose';
import { createSharedSignalsNotifier } from '../../activities/notifiers/shared-signals';
import { signalKeySet, type SignalSigner } from '../../activities/notifiers/signal-signer';
import { callContext } from '../support/call-context';
import { startNoticeReceiver } from '../support/notice-receiver';
import { describeNotifier, type NotifierRig } from './notifier.contract';

const TOKEN = 'canary-bearer-token';
const ISSUER = 'https://tourniquet.example';
const AUDIENCE = 'https://receiver.example/';
const SIGNER: SignalSigner = { issuer: ISSUER, key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey };
const CAEP = 'https://schemas.openid.net/secevent/caep/event-type';
const COMPROMISE = 'https://schemas.openid.net/secevent/risc/event-type/credential-compromise';

/** Checks a token as a receiver has to: RFC 8417, section 2.3, and the signature. */
async function verified(token: string, signer: SignalSigner): Promise<JWTPayload> {
  const keys = createLocalJWKSet((await signalKeySet(signer)) as Parameters<typeof createLocalJWKSet>[0]);
  const { payload } = await jwtVerify(token, keys, { issuer: ISSUER, audience: AUDIENCE, typ: 'secevent+jwt' });
  return payload;
}

/** Stand-in for another vendor's receiver, which answers 202 as RFC 8935 says. */
async function makeRig(): Promise<NotifierRig> {
  const receiver = await startNoticeReceiver(202);
  const access = `aud=${encodeURIComponent(AUDIENCE)}&token=${TOKEN}`;
  return {
    ...receiver,
    notifier: createSharedSignalsNotifier(SIGNER),
    target: `${receiver.url}/events#${access}`,
    badTargets: [TOKEN, `http://receiver.example/events#${access}`, `https://receiver.example/events#token=${TOKEN}`],
    received: receiver.texts,
    secrets: [TOKEN],
    logged: () => [],
  };
}

describeNotifier({
  name: 'shared-signals',
  make: makeRig,
  skip: [
    {
      reason: 'the standard knows a repetition by the id of its token; below',
      cases: [
        'delivers the notice, and the key by which a repetition is known',
        'says NOTIFICATION_FAILED when it was taken and the answer was lost, and sends it again as it was',
      ],
    },
  ],
});

describe('security event tokens', () => {
  const fields = { incident: 'incident/orders-db/1', credential: 'orders-db', provider: 'postgres-role', version: '1' };

  async function tokensOf(notices: readonly Readonly<Record<string, string>>[], signer = SIGNER) {
    const receiver = await startNoticeReceiver(202);
    const target = `${receiver.url}/events#aud=${encodeURIComponent(AUDIENCE)}&token=${TOKEN}`;
    for (const more of notices)
      await createSharedSignalsNotifier(signer).send(
        target,
        { title: 't', body: 'b', fields: { ...fields, ...more } },
        more['key'] ?? more['kind'] ?? '',
        callContext(),
      );
    await receiver.stop();
    return receiver.received;
  }

  it('say that it is compromised, its sessions revoked, and then that it was revoked; one event a token', async () => {
    const pushed = await tokensOf([{ kind: 'contained' }, { kind: 'person-needed' }, { kind: 'resolved' }]);

    const payloads = await Promise.all(pushed.map(({ text }) => verified(text, SIGNER)));
    expect(payloads.map(({ events }) => Object.keys(events as object))).toEqual([
      [COMPROMISE],
      [`${CAEP}/session-revoked`],
      [`${CAEP}/credential-change`],
    ]);
    for (const { headers } of pushed)
      expect(headers).toMatchObject({
        'content-type': 'application/secevent+jwt',
        accept: 'application/json',
        authorization: `Bearer ${TOKEN}`,
      });
    for (const payload of payloads)
      expect(payload).toMatchObject({
        txn: 'incident/orders-db/1',
        sub_id: { format: 'opaque', id: 'postgres-role/orders-db/v1' },
      });
    expect(payloads[2]?.['events']).toMatchObject({
      [`${CAEP}/credential-change`]: { change_type: 'revoke', credential_type: 'x-postgres-role' },
    });
    expect(JSON.stringify(payloads)).toMatch(/"event_timestamp":\d{10}[,}]/);
  });

  it('are known by their id when they are repeated', async () => {
    const pushed = await tokensOf([
      { kind: 'resolved', key: 'one' },
      { kind: 'resolved', key: 'one' },
      { kind: 'resolved', key: 'two' },
    ]);

    const [first, again, other] = await Promise.all(pushed.map(({ text }) => verified(text, SIGNER)));
    expect([first?.jti === again?.jti, first?.jti === other?.jti]).toEqual([true, false]);
  });

  it('tell of no session that is ended where gateways alone refuse it, and of nothing that did not leak', async () => {
    const pushed = await tokensOf([{ kind: 'contained', refusedAt: 'gateways' }, { kind: 'restored' }]);

    const payloads = await Promise.all(pushed.map(({ text }) => verified(text, SIGNER)));
    expect(payloads.flatMap(({ events }) => Object.keys(events as object))).toEqual([COMPROMISE]);
  });

  it('do not say of an exercise that anything is compromised', async () => {
    const pushed = await tokensOf([{ kind: 'contained', simulated: 'true' }]);

    const payloads = await Promise.all(pushed.map(({ text }) => verified(text, SIGNER)));
    expect(payloads.flatMap(({ events }) => Object.keys(events as object))).toEqual([`${CAEP}/session-revoked`]);
  });

  it.each([
    ['EdDSA', generateKeyPairSync('ed25519').privateKey],
    ['RS256', generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey],
  ])('are signed with %s, as the key is', async (alg, key) => {
    const signer = { issuer: ISSUER, key };

    const [pushed] = await tokensOf([{ kind: 'resolved' }], signer);

    expect((await signalKeySet(signer)).keys).toMatchObject([{ alg, use: 'sig' }]);
    expect((await signalKeySet(signer)).keys[0]).not.toHaveProperty('d');
    expect((await verified(pushed?.text ?? '', signer)).iss).toBe(ISSUER);
  });

  it('are sent by nobody who has no key, and a channel for them is a fault', () => {
    const fault = createSharedSignalsNotifier(undefined).targetFault(`https://receiver.example/#aud=x&token=${TOKEN}`);

    expect(fault).toMatch(/^needs /);
  });
});
