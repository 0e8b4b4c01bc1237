import { presentedAnswer, sendHttp, type HttpAnswer, type Presented } from './http-send';

/** GitHub refuses requests that do not name a version and an agent. */
const HEADERS = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' };
const AGENT = 'tourniquet';

/** Asks for what every token may see and no limit counts. Without one it is answered as well. */
export function askLimits(url: string, signal: AbortSignal): Promise<HttpAnswer | undefined> {
  return sendHttp({ method: 'GET', url: `${url}/rate_limit`, headers: { ...HEADERS, 'user-agent': AGENT } }, signal);
}

/** Presents a token, marked as a probe of ours. Only 401 is a refusal of it. */
export async function presentToGithub(
  url: string,
  token: string,
  mark: string,
  signal: AbortSignal,
): Promise<Presented> {
  const headers = { ...HEADERS, 'user-agent': mark, authorization: `Bearer ${token}` };
  const answer = await sendHttp({ method: 'GET', url: `${url}/rate_limit`, headers }, signal);
  const presented = presentedAnswer(answer, { refused: [401], accepted: [200] });
  // GitHub's API answers no page: with that status, too, it is a proxy's who wants to know who we are.
  return answer?.isPage ? { ...presented, answer: 'no answer' } : presented;
}

/** Has tokens revoked for ever: by whoever has them, so that nobody logs in for it. */
export function revokeAtGithub(url: string, tokens: readonly string[]): Promise<HttpAnswer | undefined> {
  const headers = { ...HEADERS, 'user-agent': AGENT, 'content-type': 'application/json' };
  const body = JSON.stringify({ credentials: tokens });
  // It is many attempts' call: none of them may stop it.
  return sendHttp({ method: 'POST', url: `${url}/credentials/revoke`, headers, body }, new AbortController().signal);
}
