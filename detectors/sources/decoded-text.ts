/** Proxies and services decode once each; what is still encoded after this many rounds hides something from nobody. */
const MOST_ROUNDS = 3;
/** Longer than any proxy's request line: Envoy takes headers of 60 KiB. */
const LONGEST = 65_536;

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', amp: '&', apos: "'" };

/** Text of a request as a service may come to see it: percent-encoding undone as often as it is found, `+` a blank, the five entities of XML. */
export function decodedText(text: string): string {
  let decoded = text.slice(0, LONGEST);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = decoded.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    if (next === decoded) break;
    decoded = next;
  }
  return decoded
    .replaceAll('+', ' ')
    .replace(/&(lt|gt|quot|amp|apos);/g, (entity, name: string) => ENTITIES[name] ?? entity);
}
