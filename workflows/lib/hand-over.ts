import { usersOf, type Leak } from './leak';

/**
 * What can't be done without a provider is named to a person, and waits for them. Nothing of it is claimed: the incident says who said
 * that it is done. Resolves to that.
 */
export async function handOver({ input, desk, credential, plan }: Leak): Promise<string> {
  const left = plan().leftToPerson ?? [];
  const users = usersOf(credential);
  const { by = 'nobody' } = await desk.ask({
    kind: 'hand-over',
    text: `Tourniquet can do nothing at ${credential.provider} for ${input.credentialId}: only gateways refuse it. It is used by: ${users}. Left to you: ${left.join('; ')}. Say when that is done.`,
  });
  return `${by} says: ${left.join('; ')}. Not verified by Tourniquet`;
}
