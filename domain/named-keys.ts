import { IncidentError } from './errors';
import { isSubject } from './subject';

const KEY_BYTES = 32;

/** A key of 32 bytes with the id that what was made with it names. Several can be live at once, so that they can be rotated. */
export interface NamedKey {
  readonly id: string;
  readonly key: Buffer;
}

export type NamedKeys = readonly [NamedKey, ...NamedKey[]];

/**
 * Reads `<id> <32 bytes in base64>` a line, the key for new things first. `source` names the place in faults, which never show
 * what stands there. @throws IncidentError CONFIG_INVALID
 */
export function parseNamedKeys(text: string, source: string): NamedKeys {
  const faults: string[] = [];
  const keys = text
    .trim()
    .split('\n')
    .map((line, index) => {
      const [id = '', key = ''] = line.trim().split(/\s+/);
      const bytes = Buffer.from(key, 'base64');
      // The text of a line is not echoed: it may be the key.
      const at = `${source}: line ${index + 1}`;
      // A subject names the key: an id that doesn't fit there would fail at the first token.
      if (!isKeyId(id)) faults.push(`${at}: the id must match [a-z0-9-]{1,32}`);
      if (bytes.length !== KEY_BYTES) faults.push(`${at}: needs ${KEY_BYTES} bytes in base64`);
      return { id, key: bytes };
    });
  if (new Set(keys.map(({ id }) => id)).size < keys.length) faults.push(`${source}: an id stands twice`);
  const [first, ...rest] = keys;
  if (faults.length > 0 || !first) throw new IncidentError('CONFIG_INVALID', { faults });
  return [first, ...rest];
}

function isKeyId(id: string): boolean {
  return isSubject(`fp:${id}:${'0'.repeat(64)}`);
}
