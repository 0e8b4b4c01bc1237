import {
  AmbiguousOutcomeError,
  createResilientAws,
  createResilientNats,
  createResilientRedis,
  ManagedCredential,
  ResilientClient,
  type ClientKind,
} from '../../../client';
import { NotSentError } from '../../../client/dependent/resilient-client';
import type { SecretMaterial } from '../../../domain/secret-material';

const token = (version: number) => ({ kind: 'api-token', token: `token-${version}` }) as const;

/** A credential at version 1, and the way to publish another. */
async function held<K extends SecretMaterial['kind']>(
  kind: K,
  material: (version: number) => Extract<SecretMaterial, { kind: K }>,
) {
  let current = 1;
  const credential = await ManagedCredential.open('orders', kind, {
    read: (_id, version = current) => Promise.resolve({ version, material: material(version) }),
  });
  return { credential, publish: (version: number) => void (current = version) };
}

interface Client {
  readonly token: string;
  isOver: boolean;
  closed: number;
}

async function rig({ parkMs = 150, refuses = (): boolean => false } = {}) {
  const { credential, publish } = await held('api-token', token);
  const opened: Client[] = [];
  const kind: ClientKind<'api-token', Client> = {
    open({ token: value }) {
      if (refuses()) throw new Error('refused');
      opened.push({ token: value, isOver: false, closed: 0 });
      return opened.at(-1) as Client;
    },
    close: (client) => void (client.closed += 1),
    troubleOf: (error) => {
      const message = error instanceof Error ? error.message : '';
      return message === 'refused' || message === 'cut' ? message : undefined;
    },
    isOver: (client) => client.isOver,
  };
  return { client: new ResilientClient(credential, kind, { parkMs }), credential, publish, opened };
}

/** Fails as told with version 1, and answers with the token of any other. */
const failsAtFirst = (error: Error) => (client: Client) =>
  client.token === 'token-1' ? Promise.reject(error) : Promise.resolve(client.token);

const SAFE = { safeToRepeat: true };
const UNSAFE = { safeToRepeat: false };

describe('a resilient client', () => {
  it.each([SAFE, UNSAFE])(
    'makes a refused call again with the next version: nothing was done (%o)',
    async (options) => {
      const { client, publish, opened } = await rig();
      publish(2);

      expect(await client.run(failsAtFirst(new Error('refused')), options)).toBe('token-2');
      expect(client.counters).toEqual({ refused: 1, cut: 0, parked: 1, timedOut: 0, ambiguous: 0 });
      expect(opened.map(({ closed }) => closed)).toEqual([1, 0]);
    },
  );

  it('makes a call again that was cut where that is safe, and else says that nobody knows', async () => {
    const { client, publish } = await rig();
    publish(2);
    const cut = failsAtFirst(new Error('cut'));

    await expect(client.run(cut, UNSAFE)).rejects.toThrow(AmbiguousOutcomeError);
    expect(await client.run(cut, SAFE)).toBe('token-2');
    expect(client.counters).toMatchObject({ ambiguous: 1, cut: 2 });
  });

  it('makes a call again that was cut before anything was sent', async () => {
    const { client, publish } = await rig();
    publish(2);
    const notSent = new NotSentError('no client', { cause: new Error('cut') });

    expect(await client.run(failsAtFirst(notSent), UNSAFE)).toBe('token-2');
    expect(client.counters).toMatchObject({ refused: 1, cut: 0 });
  });

  it('waits as long as told, and says why it waited', async () => {
    const { client } = await rig({ refuses: () => true });

    const call = client.run(() => Promise.resolve(1), SAFE);

    await expect(call).rejects.toMatchObject({ code: 'CLIENT_PARK_TIMEOUT', cause: { message: 'refused' } });
    expect(client.counters).toMatchObject({ refused: 1, parked: 1, timedOut: 1 });
  });

  it('fails at once with the reason of a caller who gives up, and keeps its connection for others', async () => {
    const { client, credential, opened } = await rig({ parkMs: 60_000 });
    const waited = jest.spyOn(credential, 'waitForNewer');
    const caller = new AbortController();
    const calls = [
      client.run(() => new Promise<never>(() => undefined), { ...UNSAFE, signal: caller.signal }),
      client.run(failsAtFirst(new Error('refused')), { ...SAFE, signal: caller.signal }),
    ];
    while (client.counters.parked === 0) await new Promise((resolve) => setImmediate(resolve));

    caller.abort(new Error('had enough'));

    for (const call of calls) await expect(call).rejects.toThrow('had enough');
    // Nor is the secret read any more for a caller who has gone.
    await expect(waited.mock.results[0]?.value).rejects.toThrow('had enough');
    expect(client.counters).toEqual({ refused: 1, cut: 0, parked: 1, timedOut: 0, ambiguous: 0 });
    expect(opened).toHaveLength(1);
  });

  it('makes no call of a caller who gave up while it was opened, or before', async () => {
    const { credential } = await held('api-token', token);
    let letIn = (): void => undefined;
    const client = new ResilientClient<'api-token', string>(credential, {
      open: ({ token: value }) => new Promise<string>((resolve) => (letIn = () => resolve(value))),
      close: () => undefined,
      troubleOf: () => 'refused',
    });
    const caller = new AbortController();
    const made = jest.fn(() => Promise.resolve());

    const call = client.run(made, { ...SAFE, signal: caller.signal });
    await new Promise((resolve) => setImmediate(resolve));
    caller.abort(new Error('had enough'));
    await expect(call).rejects.toThrow('had enough');
    await expect(client.run(made, { ...SAFE, signal: caller.signal })).rejects.toThrow('had enough');
    letIn();
    await client.end();

    expect(made).not.toHaveBeenCalled();
    expect(client.counters).toMatchObject({ refused: 0, parked: 0 });
  });

  it('uses a version that is accepted again', async () => {
    let refused = true;
    const { client } = await rig({ parkMs: 400, refuses: () => refused });

    const call = client.run(({ token: value }) => Promise.resolve(value), UNSAFE);
    refused = false;

    expect(await call).toBe('token-1');
  });

  it('gives any other error at once, and keeps nothing that could not be opened', async () => {
    const broken = await rig();
    await expect(broken.client.run(() => Promise.reject(new Error('a mistake')), SAFE)).rejects.toThrow('a mistake');
    expect(await broken.client.run(({ token: value }) => Promise.resolve(value), SAFE)).toBe('token-1');
    expect(broken.opened).toHaveLength(1);
  });

  it('opens another when one is over, without waiting', async () => {
    const { client, opened } = await rig();
    await client.run(() => Promise.resolve(), SAFE);
    for (const one of opened) one.isOver = true;

    await client.run(() => Promise.resolve(), SAFE);

    expect(opened.map(({ closed }) => closed)).toEqual([1, 0]);
    expect(client.counters.parked).toBe(0);
  });

  it('closes what was opened with the old version when the last call has left it, and not before', async () => {
    const { client, credential, opened } = await rig();
    let leave = (): void => undefined;
    const long = client.run((one) => new Promise<number>((resolve) => (leave = () => resolve(one.closed))), UNSAFE);
    await client.run(() => Promise.resolve(), SAFE);

    await credential.use(2);
    expect(await client.run(({ token: value }) => Promise.resolve(value), SAFE)).toBe('token-2');
    expect(opened[0]?.closed).toBe(0);
    leave();

    expect(await long).toBe(0);
    await client.end();
    expect(opened.map(({ closed }) => closed)).toEqual([1, 1]);
  });
});

describe('a client whose connection ends', () => {
  it('leaves no call without an answer, and none open of a version that went while it was opened', async () => {
    const { credential } = await held('api-token', token);
    const closed: string[] = [];
    let isOver = (): void => undefined;
    let letIn = (): void => undefined;
    const client = new ResilientClient<'api-token', string>(
      credential,
      {
        open: async ({ token: value }) => {
          if (value === 'token-1') await new Promise<void>((resolve) => (letIn = resolve));
          return value;
        },
        close: (value) => closed.push(value),
        troubleOf: () => undefined,
        over: (value) => new Promise<void>((resolve) => void (value === 'token-2' && (isOver = resolve))),
      },
      { parkMs: 1 },
    );
    const waiting: Promise<string>[] = [];
    for (let n = 0; n < 2; n++) {
      waiting.push(client.run((value) => Promise.resolve(value), UNSAFE));
      await new Promise(setImmediate);
    }
    await credential.use(2);
    letIn();
    expect((await Promise.all(waiting)).sort()).toEqual(['token-1', 'token-2']);

    const hangs = client.run(() => new Promise(() => undefined), UNSAFE);
    await new Promise(setImmediate);
    isOver();

    await expect(hangs).rejects.toThrow(AmbiguousOutcomeError);
    await client.end();
    expect(closed.sort()).toEqual(['token-1', 'token-2']);
    await expect(client.run(() => Promise.resolve(), SAFE)).rejects.toThrow('was ended');
  });
});

/** Words and names by which a server or a library says that a login is not taken, and which of them leave a doubt. */
describe('what is the credential’s trouble', () => {
  const named = (name: string): Error => Object.assign(new Error('of the server'), { name });
  const outcomeOf = (call: Promise<unknown>): Promise<string> =>
    call.then(
      () => 'done',
      (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : (error as Error).name),
    );

  it.each([
    ['WRONGPASS invalid username-password pair', 'CLIENT_PARK_TIMEOUT'],
    ['NOAUTH Authentication required.', 'CLIENT_PARK_TIMEOUT'],
    ['The client is closed', 'AmbiguousOutcomeError'],
    ['Connection is closed.', 'AmbiguousOutcomeError'],
    ['Socket closed unexpectedly', 'AmbiguousOutcomeError'],
    ['NOPERM this user has no permissions', 'Error'],
    ['WRONGTYPE Operation against a key', 'Error'],
  ])('at Redis: %s', async (message, outcome) => {
    const { credential } = await held('redis', () => {
      return { kind: 'redis', host: 'h', port: 1, tls: false, user: 'u', password: 'p' };
    });
    const redis = createResilientRedis(credential, () => Promise.resolve({}), { parkMs: 1 });

    expect(await outcomeOf(redis.run(() => Promise.reject(new Error(message)), UNSAFE))).toBe(outcome);
  });

  it.each([
    ['InvalidClientTokenId', 'CLIENT_PARK_TIMEOUT'],
    ['SignatureDoesNotMatch', 'CLIENT_PARK_TIMEOUT'],
    ['AccessDenied', 'AccessDenied'],
    ['ThrottlingException', 'ThrottlingException'],
  ])('at AWS: %s', async (name, outcome) => {
    const { credential } = await held('aws-access-key', () => {
      return { kind: 'aws-access-key', region: 'r', accessKeyId: 'a', secretAccessKey: 's' };
    });
    const aws = createResilientAws(credential, () => ({ destroy: () => undefined }), { parkMs: 1 });

    expect(await outcomeOf(aws.run(() => Promise.reject(named(name)), UNSAFE))).toBe(outcome);
  });

  it.each([
    ['ClosedConnectionError', 'AmbiguousOutcomeError'],
    ['ConnectionError', 'AmbiguousOutcomeError'],
    ['PermissionViolationError', 'PermissionViolationError'],
  ])('at NATS: %s', async (name, outcome) => {
    const { credential } = await held('nats-user', () => {
      return { kind: 'nats-user', url: 'nats://h', user: 'U', creds: 'c' };
    });
    const never = new Promise<void>(() => undefined);
    const connection = { isClosed: () => false, close: () => Promise.resolve(), closed: () => never } as never;
    const nats = createResilientNats(credential, () => Promise.resolve(connection), { parkMs: 1 });

    expect(await outcomeOf(nats.run(() => Promise.reject(named(name)), UNSAFE))).toBe(outcome);
  });
});
