import type { SceneOptions } from '../drills/demo/product';
import type { CompleteStack } from '../drills/estate/deploy';
import { SceneClosers } from '../drills/scene-closers';
import { codecHints } from '../stack/local-codec';
import { startLocalStack, type LocalStack, type StackAddresses } from '../stack/local-stack';
import { makeNatsRoles } from '../stack/nats-roles';
import { StackError } from '../stack/stack-error';
import { untilInterrupted } from './until-interrupted';

/** What shells expect of a program that was ended by Ctrl-C. */
const INTERRUPTED = 130;

export interface ScenePlay {
  readonly tell: (line: string) => void;
  /** Servers that run already; all others are started. */
  readonly addresses?: StackAddresses;
  /** Whether everything stays up when it is played, until Ctrl-C. */
  readonly staysUp?: boolean;
  readonly play: (options: SceneOptions) => Promise<void>;
}

/** Brings a stack up, plays a scene on it, and ends everything and this process: also in the middle, at Ctrl-C. */
export async function playScene({ tell, addresses = {}, staysUp = false, play }: ScenePlay): Promise<never> {
  const interrupted = untilInterrupted();
  // A NATS server of somebody else has users of its own.
  const natsRoles = addresses.nats === undefined ? makeNatsRoles() : undefined;
  const stack = await startLocalStack({
    addresses,
    report: tell,
    ...(natsRoles ? { natsConfig: natsRoles.serverConfig } : {}),
  });
  const closers = new SceneClosers();
  tell(`Temporal Web UI: ${stack.temporal?.uiUrl ?? ''}`);
  if (stack.temporal) for (const hint of codecHints(stack.temporal)) tell(hint);
  const played = play({ stack: complete(stack), tell, closers, natsRoles }).then(() => 'played' as const);
  try {
    const first = await Promise.race([played, interrupted]);
    if (first === 'played' && staysUp) {
      tell(`\nEverything stays up. Temporal Web UI: ${stack.temporal?.uiUrl ?? ''}\nCtrl-C ends it.`);
      await interrupted;
    }
    if (first !== 'played') process.exitCode = INTERRUPTED;
  } finally {
    // What is still starting fails when it is closed under it; that is no news.
    played.catch(() => undefined);
    await closers.close();
    await stack.stop();
  }
  // Whatever still waits for something that is gone now must not keep the process.
  process.exit();
}

function complete(stack: LocalStack): CompleteStack {
  const { directory, temporal, nats, postgres } = stack;
  if (!temporal || !nats || !postgres) throw new StackError('SERVER_NOT_READY', 'A server of the stack is missing.');
  return { directory, temporal, nats, postgres };
}
