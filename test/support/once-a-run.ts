interface Started {
  users: number;
  stop: () => Promise<void>;
}

/** Kept on the global object: Jest loads the set-up of each project, and its tear-down, as modules of their own. */
const registry = ((globalThis as Record<string, unknown>)['tourniquetStarted'] ??= new Map()) as Map<string, Started>;

/** Starts something that several Jest projects share, at the first call of a run. */
export async function startOnce(name: string, start: () => Promise<() => Promise<void>>): Promise<void> {
  const started = registry.get(name);
  if (started) started.users++;
  else registry.set(name, { users: 1, stop: await start() });
}

/** Stops it when its last user is done. */
export async function stopOnce(name: string): Promise<void> {
  const started = registry.get(name);
  if (!started || --started.users > 0) return;
  registry.delete(name);
  await started.stop();
}
