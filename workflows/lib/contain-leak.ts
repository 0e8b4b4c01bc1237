import { allHandlersFinished, condition, continueAsNew, isCancellation } from '@temporalio/workflow';
import type { Contained, InForce } from '../../activities/containment';
import { withinMinutes } from './activity-proxies';
import type { Renewed } from '../messages';
import type { respondToLeak } from '../respond-to-leak';
import { EndsEarly } from './ends-early';
import { incidentStep } from './incident-step';
import { insist, type Leak } from './leak';
import { record, refuse } from './refuse-version';
import { mustTighten, tightenContainment } from './tighten-containment';

type Confirm = Parameters<typeof withinMinutes.confirmInForce>[0];

/** Refuses the leaked version, by its plan; resolves when it is in force where it is enforced, and recorded. */
export async function containLeak(leak: Leak): Promise<void> {
  const { input, board } = leak;
  let plan = leak.plan();
  // Graver evidence may come while it fails: each try goes by what is known then.
  const contained = await insist(
    leak,
    'refuse the leaked version',
    () => refuse(leak, (plan = leak.plan()), 'contain'),
    {
      needed: true,
      renew: (asked) => renew(leak, { asked, mayContain: true }),
    },
  );
  leak.applied = plan;
  leak.laneUntil = contained.laneUntil;
  let recorded: Promise<void> | undefined = record(leak, plan, 'contain', contained);
  // Looked at below; what is refused is in force meanwhile.
  recorded.catch(() => undefined);
  if (plan.quarantine.enforcedBy === 'provider') {
    board.apply({ type: 'contained', at: contained.at, note: `refused at the provider: ${contained.evidence}` });
  } else {
    const confirm = { ...incidentStep(input, 'confirm'), revision: contained.revision };
    const inForce = await askGateways(leak, contained, confirm);
    // A gateway that is behind is named and not waited for: replacing the credential helps more, and the proof asks it again.
    const behind = inForce.behind.length > 0 ? `; NOT yet at ${inForce.behind.join(', ')}` : '';
    const missed = inForce.missing ?? [];
    const missing = missed.length > 0 ? `; missing, so NOT known: ${missed.join(', ')}` : '';
    const where = inForce.gateways.join(', ') || 'no gateway: none is registered';
    board.apply({
      type: 'contained',
      at: inForce.at,
      note: `refused at ${where}${behind}${missing}: ${contained.evidence}`,
    });
  }
  await insist(
    leak,
    'record the refusal',
    () => {
      const tried = recorded ?? record(leak, plan, 'contain', contained);
      recorded = undefined;
      return tried;
    },
    { needed: true, endless: true },
  );
  // What came while it was put in force has changed the plan, and nothing else yet.
  if (mustTighten(leak.plan(), leak.applied)) await tightenContainment(leak);
}

/**
 * Goes on with a new history, with all that is known by now: for an incident that waits before anything was done. It must never be closed,
 * and its history must not grow without end.
 */
export async function renew({ input, board }: Pick<Leak, 'input' | 'board'>, renewed: Renewed): Promise<never> {
  // What people have sent is on record by then, and their updates answered.
  await condition(allHandlersFinished);
  const { evidence: assessment, ...judged } = board.known();
  return continueAsNew<typeof respondToLeak>({ ...input, assessment, renewed: { ...renewed, ...judged } });
}

/** Who applies it. When nobody answers what to do about gateways that do not, it is contained all the same: in the list that they read. */
async function askGateways(leak: Leak, contained: Contained, confirm: Confirm): Promise<InForce> {
  try {
    return await insist<InForce>(
      leak,
      'ask the gateways',
      () =>
        withinMinutes.confirmInForce.executeWithOptions({ summary: 'Wait until every gateway applies the refusal' }, [
          confirm,
        ]),
      { skipped: () => ({ at: Date.now(), gateways: [], behind: ['gateways that did not answer'] }) },
    );
  } catch (error) {
    if (error instanceof EndsEarly || isCancellation(error))
      leak.board.apply({
        type: 'contained',
        at: contained.at,
        note: 'refused in the denylist; no gateway has said so',
      });
    throw error;
  }
}
