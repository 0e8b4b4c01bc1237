import type { ReadinessActivities } from '../../activities/readiness';
import type { RegistrationActivities } from '../../activities/registration';
import type { RegistrationRequest } from '../../workflows/register-credential';
import { sampleCredential } from './sample-credential';

type Activities = RegistrationActivities & Pick<ReadinessActivities, 'examineReadiness'>;

export interface FakeRegistration {
  readonly activities: Activities;
  /** What was asked to change anything, in order, each attempt but its repetitions. */
  readonly calls: readonly string[];
}

/** The activities of a registration, on no server. */
export function fakeRegistration(overrides: Partial<Activities> = {}): FakeRegistration {
  const calls: string[] = [];
  const usual: RegistrationActivities = {
    describeCredential: () => Promise.resolve(),
    takeInFirstVersion: () => Promise.resolve(),
    undoFirstVersion: () => Promise.resolve(),
  };
  const counted = Object.fromEntries(
    Object.entries({ ...usual, ...overrides }).map(([name, activity]) => [
      name,
      (input: never) => {
        if (calls.at(-1) !== name) calls.push(name);
        return (activity as (input: never) => Promise<unknown>)(input);
      },
    ]),
  ) as unknown as RegistrationActivities;
  const examineReadiness =
    overrides.examineReadiness ??
    (({ credentialIds }) =>
      Promise.resolve(
        credentialIds.map((credentialId) => ({ credentialId, provider: 'postgres-role', version: 1, faults: [] })),
      ));
  return { activities: { ...counted, examineReadiness }, calls };
}

/** A credential that others have issued. */
export function sampleRegistration(credentialId: string): RegistrationRequest {
  return {
    credential: sampleCredential({ id: credentialId }),
    actor: 'ada',
    found: { publicId: 'orders_app', given: { store: 'postgres', path: 'registrations/one', version: 1 } },
  };
}
