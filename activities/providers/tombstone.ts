import type { SecretRef } from '../../domain/credential';
import type { SecretStore } from '../../domain/ports/stores';
import { beside, readBeside } from './beside-value';

/** Writes down that a version is ended for good, before the system is told: where nothing there remembers it, a late attempt finds it here. */
export async function markEnded(secrets: SecretStore, ref: SecretRef): Promise<void> {
  await secrets.putIfAbsent(beside(ref, 'ended'), 'ended');
}

export async function isEnded(secrets: SecretStore, ref: SecretRef): Promise<boolean> {
  return (await readBeside(secrets, ref, 'ended')) !== undefined;
}
