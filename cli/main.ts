#!/usr/bin/env node
import { Command } from 'commander';
import { IncidentError } from '../domain/errors';
import { StackError } from '../stack/stack-error';

/** A command loads its own code only: a scan in a commit hook must not first load Temporal. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  demo: async () => (await import('./commands/demo.js')).demoCommand(),
  drill: async () => (await import('./commands/drill.js')).drillCommand(),
  simulate: async () => (await import('./commands/simulate.js')).simulateCommand(),
  backtest: async () => (await import('./commands/backtest.js')).backtestCommand(),
  usage: async () => (await import('./commands/usage.js')).usageCommand(),
  scan: async () => (await import('./commands/scan.js')).scanCommand(),
  leak: async () => (await import('./commands/leak.js')).leakCommand(),
  stack: async () => (await import('./commands/stack.js')).stackCommand(),
  incident: async () => (await import('./commands/incident.js')).incidentCommand(),
  approve: async () => (await import('./commands/approve.js')).approveCommand(),
  credential: async () => (await import('./commands/credential.js')).credentialCommand(),
  plan: async () => (await import('./commands/plan.js')).planCommand(),
  policy: async () => (await import('./commands/policy.js')).policyCommand(),
  doctor: async () => (await import('./commands/doctor.js')).doctorCommand(),
  notifiers: async () => (await import('./commands/notifiers.js')).notifiersCommand(),
  providers: async () => (await import('./commands/providers.js')).providersCommand(),
  intel: async () => (await import('./commands/intel.js')).intelCommand(),
  'dead-letter': async () => (await import('./commands/dead-letter.js')).deadLetterCommand(),
  audit: async () => (await import('./commands/audit.js')).auditCommand(),
  'api-key': async () => (await import('./commands/api-key.js')).apiKeyCommand(),
  codec: async () => (await import('./commands/codec.js')).codecCommand(),
  deployment: async () => (await import('./commands/deployment.js')).deploymentCommand(),
};

async function main(args: readonly string[]): Promise<void> {
  const [name = ''] = args;
  // Help shows all of them, and so does what is no command.
  const wanted = Object.hasOwn(COMMANDS, name) ? [COMMANDS[name]] : Object.values(COMMANDS);
  const program = new Command('tourniquet')
    .description('Answers a leaked API credential: refuses it everywhere, revokes it, replaces it, and proves it.')
    .showHelpAfterError();
  for (const load of wanted) if (load) program.addCommand(await load());
  await program.parseAsync(args, { from: 'user' });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const known = error instanceof IncidentError || error instanceof StackError;
  process.stderr.write(
    `${known ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
});
