import type { Activities } from '../../activities';
import { retryStepUpdate } from '../../workflows/messages';
import { fakeActivities, sampleAssessment, sampleCredential, sampleInput, sampleVersion } from './fake-activities';
import type { RecordedScenario } from './recorded-scenarios';
import { untilWaiting } from './run-incident';

/** Of a system that can refuse a token only by ending it, and issues another one to a person only. */
export const BY_PERSON = sampleCredential({ provider: 'github-token' });

export const CRITICAL = sampleInput({ assessment: sampleAssessment({ severity: 'critical', deterministic: true }) });

/** `give`: what a person does who has had another value issued. */
export function issuedByPerson(overrides: Partial<Activities> = {}, given: readonly number[] = []) {
  const living = [...given];
  const made = fakeActivities({
    loadCredential: () =>
      Promise.resolve({
        credential: BY_PERSON,
        version: sampleVersion(),
        canQuarantine: false,
        canMint: false,
        ...(living.length === 0 ? {} : { newer: living.at(-1) ?? 0 }),
        living: [...living],
      }),
    ...overrides,
  });
  return { ...made, give: (version = 2) => void living.push(version) };
}

const night = issuedByPerson();

/** It is ended first; then a person gives another value, and says so. */
const endedFirst: RecordedScenario = {
  name: 'ended-before-it-is-replaced',
  input: CRITICAL,
  activities: () => night.activities,
  async play(handle) {
    await untilWaiting(handle);
    night.give();
    await handle.executeUpdate(retryStepUpdate, { args: [{ actor: 'ana', note: 'given' }] });
    return handle.result();
  },
};

export const BY_PERSON_SCENARIOS: readonly RecordedScenario[] = [endedFirst];
