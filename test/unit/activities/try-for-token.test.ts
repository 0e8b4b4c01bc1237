import type { TokenAnswer } from '../../../activities/providers/oauth-tokens';
import { tryForToken } from '../../../activities/providers/try-for-token';

const CREDENTIAL = { account: 'sso', scopes: ['orders:read', 'orders:write'] };

function tryWith(answer: TokenAnswer) {
  const ended: TokenAnswer[] = [];
  const tried = tryForToken(CREDENTIAL, 'orders-2', {
    present: () => Promise.resolve(answer),
    endToken: (one) => Promise.resolve(void ended.push(one)),
  });
  return { tried, ended };
}

it.each([
  ['says nothing of its scopes', undefined],
  ['gives more', 'openid orders:write orders:read'],
])('a version works by a server that %s, and its token is ended', async (_what, scope) => {
  const answer = { is: 'accepted', token: 'canary', scope } as const;
  const { tried, ended } = tryWith(answer);

  await tried;

  expect(ended).toEqual([answer]);
});

it('one with less than the scopes is rejected, and its token is ended as well', async () => {
  const { tried, ended } = tryWith({ is: 'accepted', token: 'canary', scope: 'orders:read' });

  await expect(tried).rejects.toMatchObject({
    code: 'REPLACEMENT_REJECTED',
    fields: { version: 'orders-2', reply: 'without the scope orders:write' },
  });
  expect(ended).toHaveLength(1);
});

it.each([{ is: 'refused' }, { is: 'no grant' }, { is: 'accepted' }] as const)(
  'one that gets no token is rejected: %p',
  async (answer) => {
    const { tried, ended } = tryWith(answer);

    await expect(tried).rejects.toMatchObject({ code: 'REPLACEMENT_REJECTED', fields: { version: 'orders-2' } });
    expect(ended).toEqual([]);
  },
);

it('a server that says nothing is asked again, after the time that it asks for', async () => {
  const { tried } = tryWith({ is: 'no answer', retryAfterMs: 7_000 });

  await expect(tried).rejects.toMatchObject({
    code: 'PROVIDER_UNAVAILABLE',
    fields: { account: 'sso', version: 'orders-2', retryAfterMs: 7_000 },
  });
});
