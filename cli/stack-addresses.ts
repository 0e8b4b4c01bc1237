import type { StackAddresses } from '../stack/local-stack';

/** Servers that run already, from the environment: the stack uses them instead of starting its own. */
export function stackAddresses(env: NodeJS.ProcessEnv): StackAddresses {
  const temporal = env['TOURNIQUET_TEMPORAL_ADDRESS'];
  const temporalNamespace = env['TOURNIQUET_TEMPORAL_NAMESPACE'];
  const temporalUi = env['TOURNIQUET_TEMPORAL_UI_URL'];
  const nats = env['TOURNIQUET_NATS_URL'];
  const postgres = env['TOURNIQUET_DATABASE_URL'];
  return {
    ...(temporal ? { temporal } : {}),
    ...(temporalNamespace ? { temporalNamespace } : {}),
    ...(temporalUi ? { temporalUi } : {}),
    ...(nats ? { nats } : {}),
    ...(postgres ? { postgres } : {}),
  };
}
