import type { Socket } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { createEmailNotifier } from '../../activities/notifiers/email';
import { callContext } from '../support/call-context';
import { describeNotifier, type NotifierRig, type ReceiverBehaviour } from './notifier.contract';

const PASSWORD = 'canary-mail-password';

/** Of the connections that are open: the library has no other way to cut one. */
function socketsOf(server: SMTPServer): readonly Socket[] {
  return [...(server as unknown as { readonly connections: Iterable<{ readonly _socket: Socket }> }).connections].map(
    ({ _socket }) => _socket,
  );
}

/** A real SMTP server that wants a password. */
async function startMailServer() {
  const received: string[] = [];
  let behaviour: ReceiverBehaviour = 'deliver';
  const server = new SMTPServer({
    authMethods: ['PLAIN', 'LOGIN'],
    allowInsecureAuth: true,
    hideSTARTTLS: true,
    closeTimeout: 100,
    onAuth: ({ username, password }, _session, done) =>
      username === 'tourniquet' && password === PASSWORD
        ? done(null, { user: username })
        : done(new Error('wrong password')),
    onData(stream, _session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (behaviour === 'hang') return;
        if (behaviour === 'garble') return socketsOf(server).forEach((socket) => socket.end('no answer of SMTP\r\n'));
        if (behaviour === 'fail') return done(Object.assign(new Error('no room'), { responseCode: 452 }));
        received.push(Buffer.concat(chunks).toString('utf8'));
        if (behaviour === 'lose') return socketsOf(server).forEach((socket) => socket.destroy());
        done();
      });
    },
  });
  server.on('error', () => undefined);
  const port = await new Promise<number>((resolve) => {
    const listening = server.listen(0, '127.0.0.1', () => resolve((listening.address() as { port: number }).port));
  });
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return {
    received,
    targetWith: (password: string) =>
      `smtp://tourniquet:${password}@127.0.0.1:${port}/?from=tourniquet@example.com&to=security@example.com`,
    async behave(as: ReceiverBehaviour) {
      behaviour = as;
      if (as === 'gone') await stop();
    },
    stop,
  };
}

async function makeRig(): Promise<NotifierRig> {
  const server = await startMailServer();
  const address = 'from=a@example.com&to=b@example.com';
  return {
    ...server,
    notifier: createEmailNotifier(),
    target: server.targetWith(PASSWORD),
    badTargets: [
      PASSWORD,
      `https://u:${PASSWORD}@mail.example/?${address}`,
      `smtps://u:${PASSWORD}@mail.example/?from=a@example.com`,
      `smtps://u:${PASSWORD}@mail.example/?from=a@example.com&to=b@example.com,c@example.com`,
    ],
    received: () => Promise.resolve(server.received),
    secrets: [PASSWORD],
    logged: () => [],
  };
}

describeNotifier({
  name: 'email',
  make: makeRig,
  skip: [
    {
      reason: 'SMTP has no way to say when',
      cases: ['says how long a receiver that throttles asks us to wait'],
    },
  ],
});

describe('a mail', () => {
  const fields = { incident: 'incident/orders-db/1', severity: 'critical' };

  it('is of the thread of its incident, urgent, answered by no absence note, and the same when it is repeated', async () => {
    const server = await startMailServer();
    const send = (kind: string) =>
      createEmailNotifier().send(
        server.targetWith(PASSWORD),
        { title: `${kind}\r\nBcc: everybody@example.com`, body: 'b', fields: { ...fields, kind } },
        kind,
        callContext(),
      );
    await send('contained');
    await send('contained');
    await send('resolved');

    await server.stop();
    const [first, again, last] = server.received.map((mail) => headersOf(mail));
    expect(first).toMatchObject({ 'auto-submitted': 'auto-generated', 'x-priority': '1 (Highest)' });
    expect(first).not.toHaveProperty('bcc');
    expect(again?.['message-id']).toBe(first?.['message-id']);
    expect(last?.['message-id']).not.toBe(first?.['message-id']);
    expect(last?.['references']).toBe(first?.['references']);
  });

  it('that the server lets nobody send is a failure with its answer', async () => {
    const server = await startMailServer();
    const notice = { title: 't', body: 'b', fields };

    const sent = createEmailNotifier().send(server.targetWith('wrong'), notice, 'key', callContext());

    await expect(sent).rejects.toMatchObject({ code: 'NOTIFICATION_FAILED', fields: { status: 535 } });
    await server.stop();
  });
});

function headersOf(mail: string): Readonly<Record<string, string>> {
  const [head = ''] = mail.split('\r\n\r\n');
  const lines = head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n');
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
}
