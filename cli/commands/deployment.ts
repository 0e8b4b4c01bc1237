import Table from 'cli-table3';
import { Command } from 'commander';
import { makeDeploymentFiles } from '../../stack/deployment-files';
import { setUpServers } from '../../stack/set-up-servers';
import { parseConfig } from '../../workers/config';
import { listBuilds, promoteBuild } from '../../workers/worker-builds';
import { withSession } from '../session';

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
      new Command('builds').description('Builds of the response workers, and which may be stopped').action(builds),
    )
    .addCommand(
      new Command('promote')
        .description('Have new incidents begin on a build that runs; those that are open stay where they began')
        .argument('<build>', 'as `tourniquet deployment builds` lists it')
        .action(promote),
    )
    .addCommand(
      new Command('set-up')
        .description('Prepare the servers: database and schema, streams and buckets, search attributes')
        .action(() =>
          setUpServers(parseConfig('setup', process.env), (line) => void process.stdout.write(`${line}\n`)),
        ),
    );
}

async function builds(): Promise<void> {
  await withSession(async ({ client, config }) => {
    const table = new Table({ head: ['build', 'state'], style: { head: [], border: [] } });
    for (const { buildId, drainage } of await listBuilds(client.connection, config.TOURNIQUET_TEMPORAL_NAMESPACE))
      table.push([buildId, drainage]);
    process.stdout.write(`${table.toString()}\n`);
  });
}

async function promote(buildId: string): Promise<void> {
  await withSession(async ({ client, config }) => {
    await promoteBuild(client.connection, config.TOURNIQUET_TEMPORAL_NAMESPACE, buildId);
    process.stdout.write(`new incidents begin on ${buildId}\n`);
  });
}
