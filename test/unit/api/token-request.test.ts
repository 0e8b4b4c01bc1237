import { readTokenRequest, type TokenRefusal } from '../../../api/token-request';

const GOOD = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token: 'canary-token',
  subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  scope: 'reports:read orders:read',
};

const form = (more: Record<string, string | undefined> = {}) =>
  new URLSearchParams(
    Object.entries({ ...GOOD, ...more }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as [string, string]],
    ),
  );

describe('the request for a derived token', () => {
  it('names the token, the scopes, and how long at most', () => {
    expect(readTokenRequest(form())).toEqual({
      token: 'canary-token',
      scopes: ['reports:read', 'orders:read'],
      seconds: 3_600,
    });
  });

  it.each([
    ['60', 60],
    ['3601', 3_600],
    ['999999999', 3_600],
  ])('may ask for less time, and gets no more than there is: %s', (asked, seconds) => {
    expect(readTokenRequest(form({ expires_in: asked }))).toMatchObject({ seconds });
  });

  it('may hold what nobody here knows', () => {
    expect(readTokenRequest(form({ client_note: 'canary' }))).not.toHaveProperty('error');
  });

  it.each<[string, Record<string, string | undefined>, TokenRefusal['error']]>([
    ['without a grant type', { grant_type: undefined }, 'invalid_request'],
    ['of another grant type', { grant_type: 'client_credentials' }, 'unsupported_grant_type'],
    ['without a token', { subject_token: undefined }, 'invalid_request'],
    ['with an empty token', { subject_token: '' }, 'invalid_request'],
    ['without the kind of its token', { subject_token_type: undefined }, 'invalid_request'],
    ['with a token of another kind', { subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' }, 'invalid_request'],
    [
      'for a token of another kind',
      { requested_token_type: 'urn:ietf:params:oauth:token-type:jwt' },
      'invalid_request',
    ],
    ['without scopes', { scope: undefined }, 'invalid_scope'],
    ['with empty scopes', { scope: '' }, 'invalid_scope'],
    ['with what is no scope', { scope: 'a "b"' }, 'invalid_scope'],
    ['that is to live for no time', { expires_in: '0' }, 'invalid_request'],
    ['that is to live for canary', { expires_in: 'canary' }, 'invalid_request'],
    ['that somebody acts in', { actor_token: 'canary' }, 'invalid_request'],
    ['for another audience', { audience: 'canary' }, 'invalid_target'],
    ['for another resource', { resource: 'https://canary.example' }, 'invalid_target'],
  ])('is refused %s, and nothing of it is repeated', (_case, more, error) => {
    const refused = readTokenRequest(form(more));

    expect(refused).toMatchObject({ error });
    expect(JSON.stringify(refused)).not.toContain('canary');
  });

  it('is refused when it says a thing twice', () => {
    const twice = form();
    twice.append('scope', 'orders:write');

    expect(readTokenRequest(twice)).toMatchObject({ error: 'invalid_request' });
  });
});
