import { IncidentError } from '../domain/errors';
import { parseConfig, type Role } from './config';
import { serveHealth } from './health';
import { createLog } from './log';
import type { Running } from './running';

type Log = ReturnType<typeof createLog>;

/** A role loads its own code only: the worker that is started again after a crash must not first load the API's. */
const STARTS: Readonly<
  Record<Exclude<Role, 'cli' | 'deadLetters' | 'inference' | 'setup'>, (env: NodeJS.ProcessEnv) => Promise<Running>>
> = {
  detection: async (env) => start('detection', env, (await import('./detection-worker.js')).startDetectionWorker),
  dispatcher: async (env) =>
    start('dispatcher', env, (await import('./dispatcher/start-dispatcher.js')).startDispatcher),
  response: async (env) => start('response', env, (await import('./response/start-response.js')).startResponse),
  gateway: async (env) => start('gateway', env, (await import('./gateway/start-gateway.js')).startGateway),
  api: async (env) => start('api', env, (await import('./api.js')).startApi),
  codec: async (env) => start('codec', env, (await import('./codec/start-codec.js')).startCodec),
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

async function start<R extends Role>(
  role: R,
  env: NodeJS.ProcessEnv,
  run: (config: ReturnType<typeof parseConfig<R>>, log: Log) => Promise<Running>,
): Promise<Running> {
  const config = parseConfig(role, env);
  const log = createLog(role, env['TOURNIQUET_LOG_LEVEL'] ?? 'info');
  const running = await serveHealth(config, await run(config, log));
  log.info('ready');
  return running;
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
