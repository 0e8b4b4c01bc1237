import { IncidentError } from '../domain/errors';
import { startApi } from './api';
import { startCodec } from './codec-server';
import { parseConfig, ROLES, type Config, type Role } from './config';
import { startDetectionWorker } from './detection-worker';
import { startDispatcher } from './dispatcher/start-dispatcher';
import { startGateway } from './gateway';
import { startHealth } from './health';
import { createLog } from './log';
import { startResponse } from './response/start-response';
import type { Running } from './running';

const STARTS: Readonly<Record<Exclude<Role, 'cli'>, (env: NodeJS.ProcessEnv) => Promise<Running>>> = {
  detection: (env) => start('detection', env, startDetectionWorker),
  dispatcher: (env) => start('dispatcher', env, startDispatcher),
  response: (env) => start('response', env, startResponse),
  gateway: (env) => start('gateway', env, startGateway),
  api: (env) => start('api', env, startApi),
  codec: (env) => start('codec', env, startCodec),
};

/** The entry point of every process of the product: `node dist/workers/main.js <role>`. */
async function main(role: string | undefined, env: NodeJS.ProcessEnv): Promise<void> {
  const startRole = role !== undefined && role in STARTS ? STARTS[role as keyof typeof STARTS] : undefined;
  if (!startRole)
    throw new IncidentError('CONFIG_INVALID', { faults: [`say which role to run: ${Object.keys(STARTS).join(', ')}`] });
  const running = await startRole(env);
  const stop = (): void => {
    running.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

async function start<R extends Exclude<Role, 'cli'>>(
  role: R,
  env: NodeJS.ProcessEnv,
  run: (config: ReturnType<typeof parseConfig<R>>, log: ReturnType<typeof createLog>) => Promise<Running>,
): Promise<Running> {
  const config = parseConfig(role, env);
  const log = createLog(role, env['TOURNIQUET_LOG_LEVEL'] ?? 'info');
  const running = await run(config, log);
  // Every process has these; the compiler can't see it through R.
  const { TOURNIQUET_HEALTH_PORT: port, TOURNIQUET_LISTEN_HOST: host } = config as Config<'codec'>;
  const health = port === undefined ? undefined : await startHealth(host, port);
  log.info('ready');
  return {
    async stop() {
      await running.stop();
      await health?.stop();
    },
  };
}

if (require.main === module) {
  main(process.argv[2], process.env).catch((error: unknown) => {
    // Our own errors say what to do; of others only the name is safe to show, since drivers put addresses and passwords in.
    const text =
      error instanceof IncidentError
        ? error.message
        : `INTERNAL: ${error instanceof Error ? `${error.name}: ${error.message.replace(/\/\/[^@\s]*@/g, '//…@')}` : typeof error}`;
    process.stderr.write(`${text}\n`);
    process.exitCode = 1;
    setImmediate(() => process.exit());
  });
}

export { ROLES };
