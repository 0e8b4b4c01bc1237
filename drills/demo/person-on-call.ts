import { setTimeout as sleep } from 'node:timers/promises';
import { createApiKeyStore } from '../../activities/store/api-keys';
import { createApiClient } from '../../client';
import { incidentId, type Credential } from '../../domain/credential';
import { giveVersion } from '../estate/give-version';
import { followIncident } from './follow-incident';
import type { Product } from './product';

/** One who sits at the desk already: what the night adds to it is theirs, not ours. */
const REACTS_AFTER_MS = 500;
const PAGED_WITHIN_MS = 60_000;

interface Call {
  readonly credential: Credential;
  /** Has another value issued. */
  readonly issue: () => Promise<string>;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Plays the person whom an incident asks for another value: has one issued, gives it, and says so. */
export async function answerThePage({ client, database, deployment }: Product, call: Call): Promise<void> {
  const { credential, issue, say, signal } = call;
  const { apiUrl } = deployment;
  const incident = incidentId(credential.id, 1);
  await followIncident(client, incident, Date.now() + PAGED_WITHIN_MS, () => undefined, {
    signal,
    isOver: ({ incident: { waiting } }) => waiting !== undefined,
  });
  await sleep(REACTS_AFTER_MS, undefined, { signal });
  say(`a person has read the page, has another value of ${credential.id} issued there, and gives it`);
  const key = await createApiKeyStore(database).issue(`on-call-${credential.id}`, 'admin');
  await giveVersion({ apiUrl, key }, credential, await issue());
  await createApiClient({ url: apiUrl, key }).update(incident, 'retryStep', { note: 'another value is there' });
}
