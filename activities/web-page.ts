/**
 * Whether an answer is a page for people: what a network that lets nobody through, or a proxy, gives with status 200 in place of whatever
 * was asked. A receiver may call its plain `ok` text/html, as Slack does.
 */
export function isWebPage(contentType: string | null, text: string): boolean {
  if (/^\s*<(?:!doctype\s+html|html)\b/i.test(text)) return true;
  return /^text\/html\b/i.test(contentType ?? '') && /^\s*</.test(text);
}
