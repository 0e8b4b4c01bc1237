import { createHash } from 'node:crypto';
import { createTransport } from 'nodemailer';
import { IncidentError } from '../../domain/errors';
import type { Notifier, RenderedNotice } from '../../domain/ports/notifier';
import { isLoopback } from '../../domain/safe-to-fetch';
import { withDeadline } from '../with-deadline';

/** An attempt has 10 s (workflows/lib/time-limits.ts), and has looked by then whether it was sent before. */
const TIMEOUT_MS = 7_000;
const ADDRESS = /^[^\s@<>,;"]+@[^\s@<>,;"]+$/;
const URGENT: ReadonlySet<string | undefined> = new Set(['critical', 'high']);

/**
 * E-mail by SMTP, as text. Its target is `smtps://user:password@host:465/?from=…&to=…`, or `smtp://` where the server takes STARTTLS; in clear text it
 * goes to loopback only. One address a channel, so that a dead one shows. A repetition has the same Message-ID, and the mails of an incident are one thread.
 */
export function createEmailNotifier(): Notifier {
  return {
    id: 'email',
    takesDigests: true,
    targetFault: emailTargetFault,
    reach: (target, { signal }) => ask(signal, () => transportOf(new URL(target)).verify()),
    send(target, notice, dedupeKey, { signal }) {
      return ask(signal, () => {
        const server = new URL(target);
        return transportOf(server).sendMail(mailOf(server.searchParams, notice, dedupeKey));
      });
    },
  };
}

/** @throws IncidentError NOTIFICATION_FAILED with what the server answered, where it did */
async function ask(signal: AbortSignal, call: () => Promise<unknown>): Promise<void> {
  try {
    await withDeadline(TIMEOUT_MS, signal, (within) => Promise.race([call(), aborted(within)]));
  } catch (error) {
    throw new IncidentError('NOTIFICATION_FAILED', { notifier: 'email', status: replyCodeOf(error) });
  }
}

function transportOf(server: URL) {
  return createTransport({
    host: server.hostname.replace(/^\[|\]$/g, ''),
    port: Number(server.port) || (server.protocol === 'smtps:' ? 465 : 587),
    secure: server.protocol === 'smtps:',
    requireTLS: !isLoopback(server.hostname),
    ignoreTLS: server.protocol === 'smtp:' && isLoopback(server.hostname),
    ...(server.username === ''
      ? {}
      : { auth: { user: decodeURIComponent(server.username), pass: decodeURIComponent(server.password) } }),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

function mailOf(addresses: URLSearchParams, { title, body, fields }: RenderedNotice, dedupeKey: string) {
  const from = addresses.get('from') ?? '';
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const idOf = (of: string): string => `<${createHash('sha256').update(of).digest('hex').slice(0, 32)}@${domain}>`;
  return {
    from,
    to: addresses.get('to') ?? '',
    subject: title,
    text: `${body}\n\n${Object.entries(fields)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n')}\n`,
    messageId: idOf(dedupeKey),
    ...(fields['incident'] === undefined ? {} : { references: idOf(fields['incident']) }),
    ...(URGENT.has(fields['severity']) ? { priority: 'high' as const } : {}),
    // RFC 3834: nobody's absence note answers it.
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Tourniquet-Notification': dedupeKey },
  };
}

/** What the server answered, where it did. */
function replyCodeOf(error: unknown): number | undefined {
  const code = error instanceof Error && 'responseCode' in error ? error.responseCode : undefined;
  return typeof code === 'number' ? code : undefined;
}

/** The library's own call can't be told to stop: it ends by its time-outs. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(new DOMException('cancelled', 'AbortError'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

function emailTargetFault(target: string): string | undefined {
  if (!URL.canParse(target) || !/^smtps?:\/\/[^/]/.test(target)) return 'is no smtps:// or smtp:// URL';
  const { searchParams } = new URL(target);
  const [missing] = ['from', 'to'].filter((name) => !ADDRESS.test(searchParams.get(name) ?? ''));
  return missing === undefined ? undefined : `names no address as ?${missing}=`;
}
