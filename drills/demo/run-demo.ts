import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { SceneOptions } from './product';
import type { DemoReport } from './report';
import { setScene } from './scene';
import { watchTheAnswer } from './watch-answer';

export interface DemoOptions extends SceneOptions {
  readonly normalLifeMs?: number;
}

const NORMAL_LIFE_MS = 6_000;

/** Plays the whole story on a running stack: normal life, a leak of two credentials, the answer, and what came of it. */
export async function runDemo(options: DemoOptions): Promise<DemoReport> {
  const { tell, normalLifeMs = NORMAL_LIFE_MS } = options;
  const { signal } = options.closers;
  const scene = await setScene(options);
  tell(`normal life for ${normalLifeMs / 1000} s: ${scene.estate.services.length} services at work, detectors learn`);
  await sleep(normalLifeMs, undefined, { signal });
  const incidentsBeforeTheLeak = await countIncidents(scene.client);
  tell('THE LEAK: an attacker uses the stolen token through the gateway and the stolen password at the database');
  const attacker = await scene.estate.startAttacker();
  return watchTheAnswer(scene, attacker, { incidentsBeforeTheLeak, tell, signal });
}

export async function countIncidents(client: Client): Promise<number> {
  const { count } = await client.workflow.count(`WorkflowType = 'respondToLeak'`);
  return count;
}
