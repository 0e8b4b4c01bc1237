import { encodeUser, fmtCreds, type User } from '@nats-io/jwt';
import { createAccount, createUser, type KeyPair } from '@nats-io/nkeys';
import { userOfCreds } from '../../../activities/providers/nats-creds';
import { IncidentError } from '../../../domain/errors';

const account = createAccount();

async function credsOf(user: KeyPair, seedOf = user, signer = account, rights: Partial<User> = {}): Promise<string> {
  const jwt = await encodeUser('batch', user, signer, rights);
  return new TextDecoder().decode(fmtCreds(jwt, seedOf));
}

describe('credentials of a NATS user', () => {
  it('say whose they are, also where a signing key of the account has issued them', async () => {
    const user = createUser();
    const bySigningKey = await credsOf(user, user, createAccount(), { issuer_account: account.getPublicKey() });

    expect(userOfCreds(await credsOf(user), account.getPublicKey())).toEqual({
      user: user.getPublicKey(),
      isRestricted: false,
    });
    expect(userOfCreds(bySigningKey, account.getPublicKey()).user).toBe(user.getPublicKey());
  });

  it.each([{ pub: { allow: ['orders.>'] } }, { sub: { deny: ['audit.>'] } }])(
    'say when their rights are narrower: %j',
    async (rights) => {
      const creds = await credsOf(createUser(), undefined, account, rights);

      expect(userOfCreds(creds, account.getPublicKey()).isRestricted).toBe(true);
    },
  );

  it.each([
    ['of another account', () => credsOf(createUser(), undefined, createAccount()), 'of another account'],
    ['with the seed of another user', () => credsOf(createUser(), createUser()), 'the seed is not that'],
    ['that are none', () => Promise.resolve('SUAcanary'), 'no credentials of a NATS user'],
  ])('are refused when they are %s, and quoted nowhere', async (_what, make, reason) => {
    const creds = await make();
    let refused: unknown;
    try {
      userOfCreds(creds, account.getPublicKey());
    } catch (error) {
      refused = error;
    }

    expect(refused).toBeInstanceOf(IncidentError);
    expect(refused).toMatchObject({ code: 'ADOPTION_REFUSED', message: expect.stringContaining(reason) as string });
    expect(String(refused)).not.toMatch(/SU[A-Z]|canary|eyJ/);
  });
});
