import type { Logger } from 'pino';
import type { ActivityDeps } from '../../activities/deps';
import { tellSecurity } from '../../activities/tell-audience';
import { nextStep } from '../../domain/errors';
import type { GatewayLease } from '../../domain/ports/denylist';
import type { RenderedNotice } from '../../domain/ports/notifier';

/** Pages once for each time a gateway went missing: what is refused from now on may still be let in there. */
export async function pageForMissingGateways(
  deps: Pick<ActivityDeps, 'audiences' | 'deliveries' | 'gateways' | 'notifiers'>,
  log: Logger,
): Promise<void> {
  const { missing } = await deps.gateways.members();
  const told = missing.map(async (lease) => {
    const { gatewayId, at, appliedRevision } = lease;
    log.warn({ code: 'GATEWAY_MISSING', gatewayId, at, appliedRevision }, 'a gateway is missing');
    // Named by its last sign of life: one that comes back and goes again is paged for again.
    await tellSecurity(deps, `missing-gateway/${gatewayId}/${at}`, noticeOf(lease));
  });
  const failed = (await Promise.allSettled(told)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

function noticeOf({ gatewayId, authorizeUrl, appliedRevision, at }: GatewayLease): RenderedNotice {
  const since = new Date(at).toISOString();
  return {
    title: `[high] gateway ${gatewayId} is missing`,
    body: [
      `It was last heard of at ${since} and did not sign off: it is cut off from NATS, or dead.`,
      'If it runs, it keeps refusing what it knew, and may let in what was refused since; routes listed as privileged are shut.',
      nextStep('GATEWAY_MISSING'),
    ].join('\n'),
    fields: {
      audience: 'security',
      kind: 'gateway-missing',
      code: 'GATEWAY_MISSING',
      severity: 'high',
      gateway: gatewayId,
      authorizeUrl,
      appliedRevision: String(appliedRevision),
      since,
    },
  };
}
