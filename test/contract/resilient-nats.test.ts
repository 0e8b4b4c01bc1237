import { connect, credsAuthenticator } from '@nats-io/transport-node';
import { createResilientNats, ManagedCredential } from '../../client';
import { natsClaims } from '../../activities/providers/nats-claims';
import { makeNatsUser } from '../../activities/providers/nats-mint';
import { startNatsOperator } from '../../drills/systems/nats-operator';
import { callContext } from '../support/call-context';
import { oneByOne } from '../support/one-by-one';
import { sampleCredential } from '../support/sample-credential';

/** A real server that ends the connection of a user while calls are under way. */
it('leaves no call without an answer when the server cuts its user', async () => {
  const operator = await startNatsOperator();
  const credential = sampleCredential({ id: 'orders-bus', provider: 'nats-user', scopes: [] });
  const [first, second] = [
    await makeNatsUser(operator.settings(), credential, 1),
    await makeNatsUser(operator.settings(), credential, 2),
  ];
  let current = 1;
  const held = await ManagedCredential.open('orders-bus', 'nats-user', {
    read: (_id, version = current) => Promise.resolve({ version, material: version === 1 ? first : second }),
  });
  const bus = createResilientNats(held, ({ url, creds }) =>
    connect({ servers: url, authenticator: credsAuthenticator(new TextEncoder().encode(creds)), reconnect: false }),
  );
  await bus.run((nats) => nats.flush(), { safeToRepeat: true });
  // Nobody answers it: it waits until its connection is cut.
  const request = (safeToRepeat: boolean) =>
    bus.run(
      (nats) => {
        if (nats.isClosed() || current === 2) return nats.flush().then(() => 'again');
        nats.subscribe('orders.slow');
        return nats.request('orders.slow', '', { timeout: 30_000 }).then(() => 'answered');
      },
      { safeToRepeat },
    );
  const calls = Promise.allSettled([request(true), request(false)]);
  await bus.run((nats) => nats.flush(), { safeToRepeat: true });
  current = 2;

  const { signal } = callContext();
  const claims = natsClaims({ settings: operator.settings(), account: 'orders', signal, inTurn: oneByOne() });
  await claims.revoke(first.user);

  expect(await calls).toMatchObject([
    { status: 'fulfilled', value: 'again' },
    { status: 'rejected', reason: { name: 'AmbiguousOutcomeError' } },
  ]);
  expect(bus.version).toBe(2);
  await bus.end();
  await operator.stop();
});
