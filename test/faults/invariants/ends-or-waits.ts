import type { FaultCase, RunReport } from '../run-report';
import { CANCELS } from '../outside';
import { pagesOf } from './pages';

/** The workflow has ended, or it waits for people who were told what it waits for. */
export function endFaults(report: RunReport, { scenario }: FaultCase): readonly string[] {
  const { status, view, world, failureCode } = report;
  switch (status) {
    case 'completed':
      return [];
    case 'cancelled':
      return scenario.outside.some(({ deeds }) => deeds.includes(CANCELS))
        ? []
        : ['it was cancelled, and nobody cancelled it'];
    case 'failed':
      return [
        ...(failureCode ? [] : ['it failed without a code']),
        ...(world.effects.length > 0
          ? [`it failed half-way (${failureCode ?? 'no code'}): nobody goes on with it`]
          : []),
      ];
    case 'running': {
      const question = view?.incident.waiting?.question;
      if (question === undefined)
        return [`it is stuck at ${view?.incident.stage}: it neither ended nor waits for anybody`];
      return pagesOf(world).some(({ summary }) => summary === question)
        ? []
        : [`it waits, and nobody was told: ${question}`];
    }
  }
}
