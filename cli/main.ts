#!/usr/bin/env node
import { Command } from 'commander';
import { IncidentError } from '../domain/errors';
import { StackError } from '../stack/stack-error';
import { apiKeyCommand } from './commands/api-key';
import { approveCommand } from './commands/approve';
import { auditCommand } from './commands/audit';
import { backtestCommand } from './commands/backtest';
import { codecCommand } from './commands/codec';
import { credentialCommand } from './commands/credential';
import { demoCommand } from './commands/demo';
import { deploymentCommand } from './commands/deployment';
import { drillCommand } from './commands/drill';
import { incidentCommand } from './commands/incident';
import { intelCommand } from './commands/intel';
import { leakCommand } from './commands/leak';
import { planCommand } from './commands/plan';
import { policyCommand } from './commands/policy';
import { providersCommand } from './commands/providers';
import { scanCommand } from './commands/scan';
import { simulateCommand } from './commands/simulate';
import { stackCommand } from './commands/stack';
import { usageCommand } from './commands/usage';

const program = new Command('tourniquet')
  .description('Answers a leaked API credential: refuses it everywhere, revokes it, replaces it, and proves it.')
  .addCommand(demoCommand())
  .addCommand(drillCommand())
  .addCommand(simulateCommand())
  .addCommand(backtestCommand())
  .addCommand(usageCommand())
  .addCommand(scanCommand())
  .addCommand(leakCommand())
  .addCommand(stackCommand())
  .addCommand(incidentCommand())
  .addCommand(approveCommand())
  .addCommand(credentialCommand())
  .addCommand(planCommand())
  .addCommand(policyCommand())
  .addCommand(providersCommand())
  .addCommand(intelCommand())
  .addCommand(auditCommand())
  .addCommand(apiKeyCommand())
  .addCommand(codecCommand())
  .addCommand(deploymentCommand())
  .showHelpAfterError();

program.parseAsync().catch((error: unknown) => {
  const known = error instanceof IncidentError || error instanceof StackError;
  process.stderr.write(
    `${known ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = 1;
});
