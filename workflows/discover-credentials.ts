import { proxyActivities } from '@temporalio/workflow';
import type { Discovery, DiscoveryActivities, DiscoveryInput } from '../activities/discovery';

/** A large account takes many calls, which its system may slow down. */
const asks = proxyActivities<DiscoveryActivities>({
  startToCloseTimeout: '5m',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '2s', maximumAttempts: 3 },
});

/** What an account has issued and the inventory does not know, for a person to choose from: `tourniquet credential discover`. Changes nothing. */
export function discoverCredentials(input: DiscoveryInput): Promise<Discovery> {
  return asks.discoverCredentials.executeWithOptions({ summary: `Ask ${input.provider} ${input.account}` }, [input]);
}
