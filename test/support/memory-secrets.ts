import { IncidentError } from '../../domain/errors';
import type { SecretStore } from '../../domain/ports/stores';

/** A secret store for tests of a provider's server, where ours does not matter. */
export function memorySecrets(): SecretStore & { stored(): readonly string[] } {
  const values = new Map<string, string>();
  const place = ({ path, version }: { path: string; version: number }): string => `${path}/${version}`;
  return {
    putIfAbsent(ref, value) {
      if (values.has(place(ref))) return Promise.resolve('exists');
      values.set(place(ref), value);
      return Promise.resolve('stored');
    },
    get(ref) {
      const value = values.get(place(ref));
      const missing = () => new IncidentError('SECRET_NOT_FOUND', { path: ref.path, version: ref.version });
      return value === undefined ? Promise.reject(missing()) : Promise.resolve(value);
    },
    stored: () => [...values.values()],
    destroy: (ref) => Promise.resolve(void values.delete(place(ref))),
  };
}
