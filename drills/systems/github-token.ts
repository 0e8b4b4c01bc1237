import { startGithub } from './github';
import type { System } from './system';
import { tokenUse } from './token-use';

const PRINCIPAL = 'orders-bot';
/** A person must come first. */
const UNTIL_GIVEN_MS = 60_000;

/** A personal access token of GitHub, which only a person can have issued; on a stand-in of its API. */
export const githubToken: System<'http'> = {
  provider: 'github-token',
  kind: 'http',
  credential: { account: 'github', principal: PRINCIPAL, scopes: ['repo'] },
  requestsPerSecond: 10,

  async start() {
    const github = await startGithub();
    return {
      account: { url: github.url },
      at: `${github.url}/user`,
      issue: () => Promise.resolve(github.issue(PRINCIPAL)),
      stop: () => github.stop(),
    };
  },

  ...tokenUse((secret) => ({ authorization: `Bearer ${secret}`, 'user-agent': 'orders-service' }), UNTIL_GIVEN_MS),
};
