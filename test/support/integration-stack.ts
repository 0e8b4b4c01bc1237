/** Set by the global set-up of the projects "integration" and "browser". Not TOURNIQUET_*: workers refuse unknown ones. */
export const STACK_VARIABLE = 'TQ_TEST_STACK';

/** The servers that all integration tests of a run share. They must not be stopped: for that, start one's own. */
export interface IntegrationStack {
  directory: string;
  temporal: { address: string; namespace: string; uiUrl: string };
  codec: { url: string; tokenFile: string; payloadKeysFile: string };
  nats: { url: string };
  postgres: { adminUrl: string; jsonLogDirectory: string; binDirectory: string };
}

export function integrationStack(): IntegrationStack {
  const told = process.env[STACK_VARIABLE];
  if (!told) throw new Error(`${STACK_VARIABLE} is not set; is this file in the project "integration" or "browser"?`);
  return JSON.parse(told) as IntegrationStack;
}
