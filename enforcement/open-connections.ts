import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { DenylistEntry } from '../domain/denylist';
import type { Subject } from '../domain/subject';
import type { DenylistMap } from './denylist-map';
import type { CredentialUse } from './gateway';

/** Ends streams and keep-alive connections when the credential they were allowed by is refused. */
export interface OpenConnections {
  /** From the request's authorization on, until its response is over and another request came, or the socket is closed. */
  hold(socket: Socket, response: ServerResponse, use: CredentialUse): void;
  /** Uses that are open. */
  size(): number;
  stop(): void;
}

interface Held {
  readonly socket: Socket;
  readonly use: CredentialUse;
  answering: boolean;
}

/** The longest wait of a timer of Node; a lane that is open longer is looked at again then. */
const MAX_DELAY_MS = 2_147_483_647;

export function createOpenConnections(map: Pick<DenylistMap, 'check' | 'onChanged'>): OpenConnections {
  const bySubject = new Map<Subject, Set<Held>>();
  const bySocket = new Map<Socket, Set<Held>>();
  const laneEnds = new Map<Subject, { readonly at: number; readonly timer: NodeJS.Timeout }>();

  function hold(socket: Socket, response: ServerResponse, use: CredentialUse): void {
    const held: Held = { socket, use, answering: true };
    const before = bySocket.get(socket);
    if (!before) socket.once('close', () => bySocket.get(socket)?.forEach(release));
    // A proxy's connection carries one caller after the other. A pipelined request ends no answer that is still being given.
    before?.forEach((one) => (one.answering ? undefined : release(one)));
    add(bySocket, socket, held);
    for (const subject of use.subjects) add(bySubject, subject, held);
    response.once('close', () => (held.answering = false));
    // The socket may be gone, or its credential refused, since it was allowed.
    if (socket.destroyed) release(held);
    else use.subjects.forEach((subject) => look(subject, [held]));
  }

  function release(held: Held): void {
    remove(bySocket, held.socket, held);
    for (const subject of held.use.subjects) remove(bySubject, subject, held);
  }

  /** Ends those of `uses` that are refused now, and comes back when a lane that lets one pass closes. */
  function look(subject: Subject, uses: Iterable<Held>): void {
    const now = Date.now();
    for (const held of [...uses]) {
      const check = map.check(subject, held.use.address, now);
      if (check.refused) held.socket.destroy();
      else if (check.laneUntil !== undefined) lookAgainAt(subject, check.laneUntil, now);
    }
  }

  function lookAgainAt(subject: Subject, at: number, now: number): void {
    const planned = laneEnds.get(subject);
    if (planned && planned.at <= at) return;
    clearTimeout(planned?.timer);
    const timer = setTimeout(
      () => {
        laneEnds.delete(subject);
        look(subject, bySubject.get(subject) ?? []);
      },
      Math.min(at - now, MAX_DELAY_MS),
    );
    timer.unref();
    laneEnds.set(subject, { at, timer });
  }

  map.onChanged(({ subject }: DenylistEntry) => look(subject, bySubject.get(subject) ?? []));

  return {
    hold,
    size: () => [...bySocket.values()].reduce((sum, held) => sum + held.size, 0),
    stop() {
      for (const { timer } of laneEnds.values()) clearTimeout(timer);
      laneEnds.clear();
    },
  };
}

function add<K>(map: Map<K, Set<Held>>, key: K, held: Held): void {
  const set = map.get(key) ?? new Set();
  map.set(key, set.add(held));
}

function remove<K>(map: Map<K, Set<Held>>, key: K, held: Held): void {
  const set = map.get(key);
  set?.delete(held);
  if (set?.size === 0) map.delete(key);
}
