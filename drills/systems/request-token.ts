import { fetch } from 'undici';
import { basicCredentials } from '../../domain/basic-credentials';
import type { OauthClientMaterial } from '../../domain/secret-material';

/** A token for a client's secret, as anybody asks for one who has it. @throws when it is given none */
export async function requestToken({ tokenUrl, clientId, clientSecret }: OauthClientMaterial): Promise<string> {
  const response = await fetch(tokenUrl, {
    method: 'POST',
    headers: { authorization: basicCredentials(clientId, clientSecret) },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  const { access_token: token } = (await response.json()) as { access_token?: string };
  if (token === undefined) throw new Error('the client is refused');
  return token;
}
