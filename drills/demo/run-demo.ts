import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { ProviderId } from '../systems/system';
import { setAccountScene } from './account-scene';
import type { SceneOptions } from './product';
import type { CredentialReport, DemoReport } from './report';
import { setScene } from './scene';
import { sumUp, watchTheLeak } from './watch-answer';

export interface DemoOptions extends SceneOptions {
  /** The story of these providers' credentials; without it that of a database password and a token. */
  readonly providers?: readonly ProviderId[] | undefined;
  readonly normalLifeMs?: number;
}

const NORMAL_LIFE_MS = 6_000;

/** Plays the whole story on a running stack: normal life, a leak, the answer, and what came of it. */
export async function runDemo(options: DemoOptions): Promise<DemoReport> {
  const { tell, normalLifeMs = NORMAL_LIFE_MS } = options;
  const { signal } = options.closers;
  const scene = await (options.providers ? setAccountScene(options, options.providers) : setScene(options));
  tell(`normal life for ${normalLifeMs / 1000} s: ${scene.estate.services.length} services at work, detectors learn`);
  await sleep(normalLifeMs, undefined, { signal });
  const incidentsBeforeTheLeak = await countIncidents(scene.client);
  const credentials: CredentialReport[] = [];
  for (const act of scene.acts) {
    tell(`THE LEAK: ${act.leak}`);
    const attacker = await act.attack();
    await act.report?.(tell, signal);
    credentials.push(...(await watchTheLeak(scene, act.credentials, attacker, { tell, signal })));
  }
  return sumUp(scene, credentials, { incidentsBeforeTheLeak, tell });
}

export async function countIncidents(client: Client): Promise<number> {
  const { count } = await client.workflow.count(`WorkflowType = 'respondToLeak'`);
  return count;
}
