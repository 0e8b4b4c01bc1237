import { Command } from 'commander';
import { makeDeploymentFiles } from '../../stack/deployment-files';
import { setUpServers } from '../../stack/set-up-servers';
import { parseConfig } from '../../workers/config';

export function deploymentCommand(): Command {
  return new Command('deployment')
    .description('A deployment on servers of your own')
    .addCommand(
      new Command('files')
        .description('Make what docker-compose.yml mounts: keys, passwords, configuration. What exists is kept')
        .argument('[directory]', 'where', 'deploy')
        .action(async (directory: string) => {
          await makeDeploymentFiles(directory);
          process.stdout.write(`${directory}: keys, passwords and configuration are there, readable by you only\n`);
        }),
    )
    .addCommand(
      new Command('set-up')
        .description('Prepare the servers: database and schema, streams and buckets, search attributes')
        .action(() =>
          setUpServers(parseConfig('setup', process.env), (line) => void process.stdout.write(`${line}\n`)),
        ),
    );
}
