/**
 * Text from a client, made safe to show to a person: it ends up in Markdown, terminals and chat, and an attacker chooses it.
 */
export function forPerson(text: string, longest = 40): string {
  const plain = text.replace(/[^\w ./:@+-]/g, '').trim();
  return plain.length > longest ? `${plain.slice(0, longest - 1)}…` : plain;
}

/** `3 s`, `12 min`, `5 h`: how long, in the unit a person would say. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(1, Math.round(Math.abs(milliseconds) / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
