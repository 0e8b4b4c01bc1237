const PAGE = `<html>${'Please log in to this network. '.repeat(50)}</html>`;

/** What a network says that lets nobody through and looks as if it did. */
export const CAPTIVE_PORTAL = httpAnswer('200 OK', PAGE, 'content-type: text/html');

/** What a server says while it is too busy, to whatever it is asked, and how long it asks us to wait with that. */
export interface BusyServer {
  readonly answer: string | Uint8Array;
  readonly retryAfterMs?: number;
}

export const BUSY_HTTP: BusyServer = {
  answer: httpAnswer('429 Too Many Requests', '', 'retry-after: 7'),
  retryAfterMs: 7_000,
};
export const BUSY_AWS: BusyServer = {
  retryAfterMs: 7_000,
  answer: httpAnswer(
    '400 Bad Request',
    '<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>',
    'content-type: text/xml\r\nx-amzn-requestid: 1\r\nretry-after: 7',
  ),
};
export const BUSY_REDIS: BusyServer = { answer: '-ERR max number of clients reached\r\n' };
export const BUSY_NATS: BusyServer = { answer: "-ERR 'maximum connections exceeded'\r\n" };
export const BUSY_POSTGRES: BusyServer = {
  answer: postgresError('53300'),
};

/** Requests of HTTP that change something, where none that only asks is a POST. */
export const HTTP_CHANGE = /^(?:POST|PUT|PATCH|DELETE) /;

function httpAnswer(status: string, body: string, header: string): string {
  const headers = [header, `content-length: ${body.length}`, 'connection: close'];
  return `HTTP/1.1 ${status}\r\n${headers.join('\r\n')}\r\n\r\n${body}`;
}

/** ErrorResponse of PostgreSQL's protocol, of a connection that ends with it. */
export function postgresError(sqlstate: string): Buffer {
  const fields = { S: 'FATAL', V: 'FATAL', C: sqlstate, M: 'sorry' };
  const text = Object.entries(fields).map(([type, value]) => `${type}${value}\0`);
  const body = Buffer.from(`${text.join('')}\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
