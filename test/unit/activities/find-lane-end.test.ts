import { createContainmentActivities } from '../../../activities/containment';
import type { ActivityDeps } from '../../../activities/deps';
import type { DenylistEntry } from '../../../domain/denylist';
import { publicIdSubject } from '../../../domain/subject';
import { runActivity } from '../../support/run-activity';
import { sampleCredential, sampleVersion } from '../../support/sample-credential';
import { sampleRefusal } from '../../support/sample-refusal';

const [FIRST, SECOND] = ['a', 'b'].map((name) => publicIdSubject('test', name)) as [never, never];
const lane = (until: number): Partial<DenylistEntry> => ({ mode: 'known-contexts-only', laneUntil: until });

/** Of a version with two subjects, as they are listed. */
function laneEndOf(...listed: readonly (Partial<DenylistEntry> | undefined)[]) {
  const subjects = [FIRST, SECOND];
  const deps = {
    inventory: {
      credential: () => Promise.resolve(sampleCredential({ id: 'a' })),
      version: () => Promise.resolve(sampleVersion({ credentialId: 'a', subjects })),
    },
    providers: new Map(),
    denylist: {
      get: (subject: never) => {
        const entry = listed[subjects.indexOf(subject)];
        return Promise.resolve(entry && { revision: 1, entry: sampleRefusal(subject, entry) });
      },
    },
  } as unknown as ActivityDeps;
  return runActivity(createContainmentActivities(deps).findLaneEnd, { credentialId: 'a', version: 1 });
}

test.each([
  ['the earlier of two lanes', [lane(20_000), lane(10_000)], { laneUntil: 10_000 }],
  ['0 where a gateway has closed one', [lane(20_000), { mode: 'deny-all' }], { laneUntil: 0 }],
  ['0 where it is revoked', [{ status: 'revoked' }, { status: 'revoked' }], { laneUntil: 0 }],
  ['nothing where a person has set it free', [{ ...lane(20_000), status: 'lifted' }], {}],
  ['nothing where it is not listed', [], {}],
] as const)('the end of a lane is %s', async (_what, listed, expected) => {
  expect(await laneEndOf(...listed)).toEqual(expected);
});
