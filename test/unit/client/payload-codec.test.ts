import { randomBytes } from 'node:crypto';
import type { Payload } from '@temporalio/common';
import fc from 'fast-check';
import { createPayloadCodec, isEncrypted } from '../../../client/payload-codec';
import { parsePayloadKeys } from '../../../client';
import { IncidentError } from '../../../domain/errors';
import type { NamedKey } from '../../../domain/named-keys';

const keyNamed = (id: string): NamedKey => ({ id, key: randomBytes(32) });
const OLD = keyNamed('p1');
const NEW = keyNamed('p2');
const codec = createPayloadCodec([OLD]);

const bytes = fc.uint8Array({ maxLength: 200 });
const payloads = fc.array(
  fc.record({
    metadata: fc.dictionary(fc.string({ minLength: 1, maxLength: 20 }), bytes, { noNullPrototype: true }),
    data: bytes,
  }),
  { maxLength: 4 },
);

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof IncidentError ? error.code : `no typed error: ${String(error)}`;
}

function plain({ metadata, data }: Payload): unknown {
  return {
    metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, [...value]])),
    data: [...(data ?? [])],
  };
}

describe('the payload codec', () => {
  it('gives back what it was given, under every payload', async () => {
    await fc.assert(
      fc.asyncProperty(payloads, async (given) => {
        const back = await codec.decode(await codec.encode(given));
        expect(back.map(plain)).toEqual(given.map(plain));
      }),
    );
  });

  it('hides data and metadata, and never encrypts the same twice', async () => {
    const given = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('"pasted into a chat"') };
    const [one, two] = await codec.encode([given, given]);

    expect(isEncrypted(one!)).toBe(true);
    expect(Object.keys(one!.metadata!)).toEqual(['encoding', 'encryption-key-id']);
    expect(Buffer.from(one!.data!).includes('pasted')).toBe(false);
    expect(Buffer.from(one!.data!).equals(Buffer.from(two!.data!))).toBe(false);
  });

  it('refuses a payload that was changed in any byte, or cut anywhere', async () => {
    const [sealed] = await codec.encode([{ data: Buffer.from('the reason, in words') }]);
    const data = Buffer.from(sealed!.data!);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(data.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (at, flip, cut) => {
          const changed = cut
            ? data.subarray(0, at)
            : Buffer.from(data.map((byte, i) => (i === at ? byte ^ flip : byte)));
          expect(await codeOf(codec.decode([{ ...sealed!, data: changed }]))).toBe('PAYLOAD_UNREADABLE');
        },
      ),
    );
  });

  it('refuses another key under the same id, and the same key under another id', async () => {
    const sealed = await codec.encode([{ data: Buffer.from('x') }]);
    const relabelled = sealed.map((one) => ({
      ...one,
      metadata: { ...one.metadata, 'encryption-key-id': Buffer.from('p9') },
    }));

    expect(await codeOf(createPayloadCodec([keyNamed('p1')]).decode(sealed))).toBe('PAYLOAD_UNREADABLE');
    expect(await codeOf(createPayloadCodec([OLD, { id: 'p9', key: OLD.key }]).decode(relabelled))).toBe(
      'PAYLOAD_UNREADABLE',
    );
    expect(await codeOf(createPayloadCodec([NEW]).decode(sealed))).toBe('PAYLOAD_KEY_UNKNOWN');
  });

  it('encrypts with the first key and reads with all: keys can be rotated', async () => {
    await fc.assert(
      fc.asyncProperty(payloads, async (given) => {
        const before = await codec.encode(given);
        const rotated = createPayloadCodec([NEW, OLD]);
        const after = await rotated.encode(given);

        expect((await rotated.decode([...before, ...after])).map(plain)).toEqual([...given, ...given].map(plain));
        expect(after.map(({ metadata }) => Buffer.from(metadata!['encryption-key-id']!).toString())).toEqual(
          given.map(() => 'p2'),
        );
      }),
    );
  });

  it('leaves a payload from before the codec as it is', async () => {
    const old = { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('1') };

    expect((await codec.decode([old]))[0]).toBe(old);
  });

  it('takes its keys from lines of text, and never shows them when they are wrong', () => {
    const line = (id: string) => `${id} ${randomBytes(32).toString('base64')}`;

    expect(parsePayloadKeys(`${line('p2')}\n${line('p1')}\n`, 'file').map(({ id }) => id)).toEqual(['p2', 'p1']);
    expect(() => parsePayloadKeys('p1 c2hvcnQ=', 'file')).toThrow(/file: line 1: needs 32 bytes/);
    expect(() => parsePayloadKeys('p1 c2hvcnQ=', 'file')).not.toThrow(/c2hvcnQ/);
    expect(() => parsePayloadKeys(`${line('p1')}\n${line('p1')}`, 'file')).toThrow(/an id stands twice/);
  });
});
