import type { Client } from '@temporalio/client';
import type { Channel } from '../../activities/deps';
import { AUDIENCES, type Audience } from '../../domain/ports/notifier';
import type { LocalDeployment } from '../../stack/local-deployment';
import type { NatsRoles } from '../../stack/nats-roles';
import type { Settings } from '../../workers/settings';
import { createTemporalClient } from '../../workers/temporal';
import type { CompleteStack } from '../estate/deploy';
import { openResponseParts, type ResponseParts } from '../response-parts';
import { auditVerifier } from '../audit-verifier';
import { watchRefusals, type RefusalWatch } from '../refusal-watch';
import type { SceneClosers } from '../scene-closers';
import { startNoticeSink, type NoticeSink } from './notice-sink';

/** What every scene is played on and with. */
export interface SceneOptions {
  readonly stack: CompleteStack;
  /** Tells what happens, as it happens. */
  readonly tell: (line: string) => void;
  /** The users of the stack's NATS server, when it was started with them. */
  readonly natsRoles?: NatsRoles | undefined;
  /** Gets what ends each thing that is started. The caller closes it: when it has seen enough, or at once when interrupted. */
  readonly closers: SceneClosers;
}

/** Tourniquet, running, and what looks at it from outside. */
export interface Product extends ResponseParts {
  readonly stack: CompleteStack;
  readonly deployment: LocalDeployment;
  readonly client: Client;
  readonly sink: NoticeSink;
  readonly refusals: RefusalWatch;
  /** Holds the audit log against its signed checkpoints, as an auditor would. */
  readonly verifyAudit: () => Promise<boolean>;
}

/** A stand-in for three audiences' channels, and the settings that send to it. */
export async function openChannels(
  closers: SceneClosers,
): Promise<{ readonly sink: NoticeSink; readonly audiences: Settings['audiences'] }> {
  const sink = await startNoticeSink();
  await closers.add(() => sink.close());
  const webhook = (audience: Audience): Channel => ({ notifier: 'webhook', target: sink.urlOf(audience) });
  const audiences = {
    ...(Object.fromEntries(AUDIENCES.map((audience) => [audience, [webhook(audience)]])) as Settings['audiences']),
    security: [webhook('security'), { notifier: 'console', target: '' }],
  };
  return { sink, audiences };
}

/** Starts the processes of a deployment that was prepared, and whose end is registered. */
export async function startProduct(
  { stack, tell, closers }: SceneOptions,
  deployment: LocalDeployment,
  sink: NoticeSink,
): Promise<Product> {
  const parts = await openResponseParts(deployment, 'demo', (end) => closers.add(end));
  tell('starting the api, gateway, response, dispatcher and detection processes');
  await deployment.start();
  tell(`the command line finds them by: set -a; . ${deployment.envFile}; set +a`);
  const refusals = await watchRefusals(parts.nats);
  await closers.add(() => Promise.resolve(refusals.stop()));
  const { client, close } = createTemporalClient(parts.config);
  const checkAudit = auditVerifier(parts.database, deployment);
  await closers.add(close);
  return {
    ...parts,
    stack,
    deployment,
    client,
    sink,
    refusals,
    verifyAudit: async () => (await checkAudit()).ok,
  };
}
