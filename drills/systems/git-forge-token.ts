import { makeSecretFile } from '../../stack/key-files';
import { startGitForge } from './git-forge';
import type { System } from './system';
import { tokenUse } from './token-use';

/** A personal access token of a user of a Git forge; on a stand-in of Gitea. */
export const gitForgeToken: System<'http'> = {
  provider: 'git-forge-token',
  kind: 'http',
  credential: { account: 'git', principal: 'orders-bot', scopes: ['read:repository', 'read:user'] },
  requestsPerSecond: 10,

  async start(directory) {
    const forge = await startGitForge();
    return {
      account: { url: forge.url, adminFile: await makeSecretFile(directory, 'git.admin', forge.admin) },
      at: `${forge.url}/api/v1/user`,
      stop: () => forge.stop(),
    };
  },

  ...tokenUse((secret) => ({ authorization: `token ${secret}` })),
};
