import type { SecretRef } from '../../domain/credential';
import type { SecretStore } from '../../domain/ports/stores';
import { beside, readBeside } from './beside-value';

/** Writes down that a version is ended for good, before the system is told: where nothing there remembers it, a late attempt finds it here. */
export async function markEnded(secrets: SecretStore, ref: SecretRef): Promise<void> {
  await secrets.putIfAbsent(beside(ref, 'ended'), String(Date.now()));
}

export async function isEnded(secrets: SecretStore, ref: SecretRef): Promise<boolean> {
  return (await readBeside(secrets, ref, 'ended')) !== undefined;
}

/** When that was first written down, milliseconds since the epoch; undefined where it was not, or no time was. */
export async function endedAt(secrets: SecretStore, ref: SecretRef): Promise<number | undefined> {
  const at = Number(await readBeside(secrets, ref, 'ended'));
  return Number.isNaN(at) ? undefined : at;
}
