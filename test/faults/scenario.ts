import type { Credential } from '../../domain/credential';
import type { Assessment } from '../../domain/detection';
import type * as workflows from '../../workflows';
import { sampleAssessment, sampleCredential } from '../support/fake-activities';
import type { Deed, Outside } from './outside';
import type { Past, Trouble } from './world/world';

/** The workflow that a scenario begins with; rotations are children of incidents, and threat lists concern none. */
export type Story = Exclude<
  keyof typeof workflows,
  'rotateCredential' | 'discoverCredentials' | 'registerCredential' | 'refreshThreatIntel' | 'checkReadiness'
>;

/** One way an incident can go before anything fails: what leaked, what is wrong outside, and whether anybody answers. */
export interface Scenario {
  readonly name: string;
  readonly story: Story;
  readonly credential: Credential;
  readonly hasProvider: boolean;
  /** See `WorldSetting`. */
  readonly issuedByPerson?: true;
  readonly past: Past;
  readonly trouble: Trouble;
  readonly assessment: Assessment;
  /** Whether the person who is paged mends what is wrong and answers, or nobody does. */
  readonly person: 'answers' | 'nobody';
  readonly outside: readonly Outside[];
  /** What is done once at each of its calls: as many runs as it has calls. */
  readonly anywhere?: readonly Deed[];
  readonly simulated?: true;
  /**
   * The time-skipping server (1.38.0) tells no parent that its child was ended from outside, and no child that its parent was: that it goes as here
   * on Temporal's own is shown by test/integration/rotation-ended.test.ts.
   */
  readonly notOnServer?: true;
  /** Whether its pairs are run as well; the others give further paths to single faults. */
  readonly pairs?: true;
}

/** A scenario that differs from the usual leak only in what is said here. */
export function scenario(name: string, more: Partial<Scenario> = {}): Scenario {
  return {
    name,
    story: 'respondToLeak',
    credential: sampleCredential(),
    hasProvider: true,
    past: 'nothing',
    trouble: {},
    assessment: sampleAssessment(),
    person: 'answers',
    outside: [],
    ...more,
  };
}

const SILENT = '-nobody';

/** The same, and nobody answers. It differs from the other only where somebody is asked. */
export function withNobody(given: Scenario): Scenario {
  const isSilent = given.name.endsWith(SILENT);
  return { ...given, name: isSilent ? given.name : `${given.name}${SILENT}`, person: 'nobody' };
}

const AT = '@';

/** What is done anywhere, done at this call. */
export function doneAt(given: Scenario, when: string): Scenario {
  const { anywhere: deeds = [] } = given;
  return { ...given, name: `${given.name}${AT}${when}`, outside: [...given.outside, { when, deeds }] };
}

/** The scenario of this name among `known`, undefined when there is none. */
export function findScenario(known: readonly Scenario[], name: string): Scenario | undefined {
  const isSilent = name.endsWith(SILENT);
  const bare = isSilent ? name.slice(0, -SILENT.length) : name;
  const [plain = '', ...when] = bare.split(AT);
  const found = known.find((one) => one.name === plain);
  const placed = found && when.length > 0 ? doneAt(found, when.join(AT)) : found;
  return placed && isSilent ? withNobody(placed) : placed;
}
