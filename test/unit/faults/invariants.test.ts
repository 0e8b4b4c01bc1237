import { OUTCOMES } from '../../../domain/incident';
import { violationsOf } from '../../faults/invariants/violations';
import type { RunReport } from '../../faults/run-report';
import { scenarioNamed } from '../../faults/scenarios';
import { LEAKED } from '../../faults/world/world';
import {
  approved,
  contained,
  did,
  recorded,
  recovered,
  restored,
  told,
  viewOf,
  worldOf,
  type Fabricated,
} from './fabricated-reports';

type Breakage = readonly [found: string, report: () => Fabricated];

function brokenBy(make: () => Fabricated, breakIt: (report: Fabricated) => Partial<RunReport> | void) {
  return (): Fabricated => {
    const report = make();
    return { ...report, ...breakIt(report) };
  };
}

const found = (report: RunReport, name = 'separable-medium'): string =>
  violationsOf(report, { scenario: scenarioNamed(name), faults: [] }).join('\n');

it.each([
  ['recovered', recovered],
  ['restored', restored],
])('nothing is found in an incident that ended %s', (_, make) => {
  expect(found(make())).toBe('');
});

it.each(OUTCOMES)('an incident that claims to be %s, and did nothing, is found', (outcome) => {
  const world = worldOf('separable-medium');

  expect(found({ status: 'completed', outcome, view: viewOf([]), world, calls: [] })).toContain(`${outcome}: `);
});

const INCIDENTS: readonly Breakage[] = [
  ['workflow code broke', brokenBy(recovered, () => ({ broken: 'a bug' }))],
  ['nobody decided on: gone', brokenBy(recovered, () => ({ outcome: 'gone' }))],
  ['it is stuck', contained],
  ['nobody cancelled it', brokenBy(recovered, () => ({ status: 'cancelled' }))],
  ['it failed half-way', brokenBy(contained, () => ({ status: 'failed', failureCode: 'INTERNAL' }))],
  ['it waits, and nobody was told', brokenBy(contained, ({ view }) => ({ view: waiting(view!) }))],
  ['nobody approved it', brokenBy(contained, ({ world }) => world.setRefusal(LEAKED, 'none', 'create'))],
  [
    'nobody approved it',
    brokenBy(restored, ({ world }) => void (world.audit[approvalOf(world)] = { ...world.audit[0]! })),
  ],
  ['it is called contained, and is not', brokenBy(recovered, ({ world }) => void revive(world))],
  [
    'not enough people approved it',
    brokenBy(contained, ({ world }) => did(world, 'extend-lane', { what: 'extend', version: LEAKED, stepKey: 'more' })),
  ],
  ['ended for ever, and set free', brokenBy(restored, ({ world }) => did(world, 'revoke', ENDED))],
  ['who decided that is not on record', brokenBy(restored, ({ world }) => forget(world, 'false-positive'))],
  ['works at the provider', brokenBy(recovered, ({ world }) => void (world.version(LEAKED).atProvider = 'live'))],
  ['nobody owns it', brokenBy(recovered, ({ world }) => void (world.version(world.reserve('x')).atProvider = 'live'))],
  ['the last page does not name it', brokenBy(recovered, ({ world }) => void world.uses.set('billing', LEAKED))],
  [
    'the last page does not name it',
    brokenBy(recovered, ({ world }) => {
      world.uses.set('billing', LEAKED);
      told(world, 'person-needed', 'billing has not moved');
      told(world, 'resolved', 'all is well');
    }),
  ],
  [
    'after the one-way door something was undone',
    brokenBy(recovered, ({ world }) =>
      did(world, 'restore-dependent', { what: 'restore', version: LEAKED, dependent: 'billing', stepKey: 'back' }),
    ),
  ],
  ['no intent on record: mint', brokenBy(recovered, ({ world }) => forget(world, 'create-replacement'))],
  ['the containment is not on record', brokenBy(recovered, ({ world }) => forget(world, 'contain'))],
  ['its record says nothing', brokenBy(recovered, ({ world }) => forget(world, 'close'))],
  ['gateways refuse it still', brokenBy(restored, ({ world }) => void world.refusals.set(LEAKED, 'deny-all'))],
  ['does not call it live', brokenBy(restored, ({ world }) => void (world.version(LEAKED).state = 'quarantined'))],
  ['and not that it is so no longer', brokenBy(restored, ({ world }) => void world.told.pop())],
  ['refused still', brokenBy(restored, ({ world }) => told(world, 'unresolved', 'it stays refused'))],
  [
    'its replacement lives beside it',
    brokenBy(restored, ({ world }) => {
      world.versions.set(2, { atProvider: 'live', state: 'live' });
      world.refusals.set(2, 'none');
      return { view: viewOf(['contained'], 2) };
    }),
  ],
];

it.each(INCIDENTS)('finds in an incident: %s', (expected, make) => {
  expect(found(make())).toContain(expected);
});

it('wants two people for more time where it is high', () => {
  const report = contained('separable-high');
  approved(report.world, 'ana', 'extendOverlap');
  did(report.world, 'extend-lane', { what: 'extend', version: LEAKED, stepKey: 'more' });

  expect(found(report, 'separable-high')).toContain('not enough people approved it');
  expect(found(report, 'separable-medium')).not.toContain('not enough people');
});

const watched = (): Fabricated => ({
  status: 'completed',
  watch: { checks: 5, drift: undefined, unclear: 0 },
  world: worldOf('watch'),
  calls: [],
});

const WATCHES: readonly Breakage[] = [
  ['nobody looks any more', brokenBy(watched, () => ({ status: 'failed' }))],
  ['no incident was opened', brokenBy(watched, () => ({ watch: { checks: 1, drift: 'it works', unclear: 0 } }))],
  ['ended without a word', brokenBy(watched, ({ world }) => revive(world))],
  ['nobody was told', brokenBy(watched, () => ({ watch: { checks: 5, drift: undefined, unclear: 1 } }))],
  ['the watch loosened', brokenBy(watched, ({ world }) => world.setRefusal(LEAKED, 'none', 'x'))],
  ['the watch itself changed', brokenBy(watched, ({ world }) => did(world, '', { ...ENDED, stepKey: 'run/drift.1' }))],
  [
    'it is stuck',
    brokenBy(watched, () => ({
      watch: { checks: 1, drift: 'it works', unclear: 0 },
      reopened: { status: 'running', view: viewOf([]) },
    })),
  ],
];

it.each(WATCHES)('finds in a watch: %s', (expected, make) => {
  expect(found(watched(), 'watch')).toBe('');
  expect(found(make(), 'watch')).toContain(expected);
});

const STEPS = ['contain', 'replace', 'move checkout', 'move billing', 'revoke', 'verify'];

function rehearsed(): Fabricated {
  const world = worldOf('rehearsal');
  recorded(world, 'dry-run', 'outcome');
  const steps = STEPS.map((step) => ({ step, ready: true, detail: '' }));
  const rehearsal = { credentialId: '', version: LEAKED, steps } as unknown as NonNullable<RunReport['rehearsal']>;
  return { status: 'completed', rehearsal, world, calls: [] };
}

const REHEARSALS: readonly Breakage[] = [
  ['had an effect', brokenBy(rehearsed, ({ world }) => world.refuse(LEAKED, 'deny-all', 'contain'))],
  ['told security', brokenBy(rehearsed, ({ world }) => told(world, 'contained'))],
  ['has contain on record', brokenBy(rehearsed, ({ world }) => recorded(world, 'contain', 'intent'))],
  ['reserved a version', brokenBy(rehearsed, ({ world }) => void world.reserve('create'))],
  ['is not on record', brokenBy(rehearsed, ({ world }) => forget(world, 'dry-run'))],
  ['has no report', brokenBy(rehearsed, () => ({ status: 'running' }))],
  ['left out: contain', brokenBy(rehearsed, ({ rehearsal }) => ({ rehearsal: { ...rehearsal!, steps: [] } }))],
];

it.each(REHEARSALS)('finds in a dry run: %s', (expected, make) => {
  expect(found(rehearsed(), 'rehearsal')).toBe('');
  expect(found(make(), 'rehearsal')).toContain(expected);
});

it('finds a step of a dry run that is called ready and could not be tried', () => {
  const fault = { call: 'rehearseStep:rehearse.revoke#1', kind: 'refused', lasts: false } as const;

  expect(violationsOf(rehearsed(), { scenario: scenarioNamed('rehearsal'), faults: [fault] })).toEqual([
    'a dry run calls ready what it could not try: revoke',
  ]);
});

const ENDED = { what: 'revoke', version: LEAKED, stepKey: 'revoke' } as const;

type AnyWorld = Fabricated['world'];

function waiting(view: NonNullable<RunReport['view']>): typeof view {
  return { ...view, incident: { ...view.incident, waiting: { resume: 'contained', question: 'what now?' } } };
}

function revive(world: AnyWorld): void {
  world.version(LEAKED).atProvider = 'live';
  world.refusals.set(LEAKED, 'none');
}

function forget(world: AnyWorld, action: string): void {
  world.audit.splice(0, world.audit.length, ...world.audit.filter((entry) => entry.action !== action));
}

function approvalOf(world: AnyWorld): number {
  return world.audit.findIndex(({ approved: what }) => what !== undefined);
}
