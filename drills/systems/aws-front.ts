import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { POLICY_NAME } from '../../activities/providers/aws-sessions';

const IAM_XML = 'xmlns="https://iam.amazonaws.com/doc/2010-05-08/"';

export interface AwsFront {
  readonly url: string;
  readonly port: number;
  /** How much later it says it is than it is. */
  aheadMs: number;
  /** The inline policies that end sessions, by `user/<name>` or `role/<name>`. */
  readonly policies: ReadonlyMap<string, string>;
  stop(): Promise<void>;
}

interface Session {
  readonly role: string;
  readonly issuedAt: number;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/**
 * A stand-in for what AWS does and moto 5.2.5 does not, in front of a real moto: an inactive key is refused, and a policy with a condition on the time
 * at which a session was opened refuses older ones and nobody else (moto keeps no conditions: it would refuse everybody). Everything else is moto's.
 */
export async function startAwsFront(motoPort: number): Promise<AwsFront> {
  const inactive = new Set<string>();
  const policies = new Map<string, string>();
  const sessions = new Map<string, Session>();
  // An idle connection that ends after five seconds may end just when it is used again.
  const server = createServer({ keepAliveTimeout: 0 }, (incoming, response) => void answer(incoming, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const front: AwsFront = { url: `http://127.0.0.1:${port}`, port, aheadMs: 0, policies, stop };

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(incoming);
    const given = await decide(incoming, body).catch(() => error(502, 'ServiceUnavailable'));
    response.writeHead(given.status, {
      'content-type': 'text/xml',
      // Every answer of AWS has a number.
      'x-amzn-requestid': randomUUID(),
      date: new Date(Date.now() + front.aheadMs).toUTCString(),
    });
    response.end(given.body);
  }

  async function decide(incoming: IncomingMessage, body: string): Promise<Answer> {
    const at = Date.now() + front.aheadMs;
    const form = new URLSearchParams(body);
    const action = form.get('Action') ?? '';
    const key = /Credential=(\w+)\//.exec(incoming.headers.authorization ?? '')?.[1] ?? '';
    if (inactive.has(key)) return error(403, 'InvalidClientTokenId');
    if (isEnded(sessions.get(key))) return error(403, 'AccessDenied');
    const holder = holderOf(form);
    const isOurs = form.get('PolicyName') === POLICY_NAME && holder !== undefined;
    if (isOurs && action.startsWith('Put')) {
      policies.set(holder, form.get('PolicyDocument') ?? '');
      return result(action, '');
    }
    const forwarded = await forward(incoming, body);
    const kept = isOurs ? policies.get(holder) : undefined;
    // That moto has no such policy it says only to who may ask.
    if (forwarded.status === 404 && kept !== undefined && action.startsWith('Get'))
      return result(action, `<PolicyDocument>${encodeURIComponent(kept)}</PolicyDocument>`);
    if (forwarded.status === 200) learn(action, form, forwarded.body, at);
    return forwarded;
  }

  function learn(action: string, form: URLSearchParams, body: string, at: number): void {
    const id = form.get('AccessKeyId') ?? '';
    if (action === 'UpdateAccessKey' && form.get('Status') === 'Inactive') inactive.add(id);
    else if (action === 'UpdateAccessKey' || action === 'DeleteAccessKey') inactive.delete(id);
    if (action !== 'AssumeRole') return;
    const session = /<AccessKeyId>(\w+)<\/AccessKeyId>/.exec(body)?.[1] ?? '';
    // Dated by when it was let in.
    sessions.set(session, { role: form.get('RoleArn')?.split('/').at(-1) ?? '', issuedAt: at });
  }

  function isEnded(session: Session | undefined): boolean {
    const before = /"aws:TokenIssueTime":"([^"]+)"/.exec(policies.get(`role/${session?.role}`) ?? '')?.[1];
    return session !== undefined && before !== undefined && session.issuedAt < Date.parse(before);
  }

  /** The Host header stays: it is signed. */
  function forward({ method, url, headers }: IncomingMessage, body: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port: motoPort, method, path: url, headers }, (given) => {
        textOf(given).then((text) => resolve({ status: given.statusCode ?? 502, body: text }), reject);
      });
      outgoing.once('error', reject);
      outgoing.end(body);
    });
  }

  async function stop(): Promise<void> {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  return front;
}

function holderOf(form: URLSearchParams): string | undefined {
  const [user, role] = [form.get('UserName'), form.get('RoleName')];
  if (user !== null) return `user/${user}`;
  return role === null ? undefined : `role/${role}`;
}

function result(action: string, inner: string): Answer {
  return {
    status: 200,
    body: `<${action}Response ${IAM_XML}><${action}Result>${inner}</${action}Result></${action}Response>`,
  };
}

function error(status: number, code: string): Answer {
  const inner = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${code}</Message></Error>`;
  return { status, body: `<ErrorResponse ${IAM_XML}>${inner}<RequestId>front</RequestId></ErrorResponse>` };
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
