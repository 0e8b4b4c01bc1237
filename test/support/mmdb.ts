/**
 * A database in MaxMind's format (MaxMind DB 2.0) with one record for the lower half of all IPv4 addresses and one for the upper: enough to
 * show in which shapes records are read.
 */
export function mmdbOf(lower: Value, upper: Value): Buffer {
  const data = [encode(lower), encode(upper)];
  // One node; what is greater than their number points into the data, behind 16 bytes that divide the two.
  const pointers = [0, data[0]!.length].map((offset) => uint(NODES + 16 + offset, 3));
  return Buffer.concat([
    ...pointers,
    Buffer.alloc(16),
    ...data,
    Buffer.from('abcdef', 'hex'),
    MARKER,
    encode(METADATA),
  ]);
}

export type Value = string | number | { readonly [key: string]: Value };

const NODES = 1;
const MARKER = Buffer.from('MaxMind.com');
const METADATA: Value = {
  binary_format_major_version: 2,
  binary_format_minor_version: 0,
  build_epoch: 1_700_000_000,
  database_type: 'Test',
  description: {},
  ip_version: 4,
  languages: {},
  node_count: NODES,
  record_size: 24,
};

/** Texts, whole numbers of 32 bits, and maps: types 2, 6 and 7. */
function encode(value: Value): Buffer {
  if (typeof value === 'string') return Buffer.concat([Buffer.from([(2 << 5) | value.length]), Buffer.from(value)]);
  if (typeof value === 'number') return Buffer.concat([Buffer.from([(6 << 5) | 4]), uint(value, 4)]);
  const entries = Object.entries(value);
  return Buffer.concat([Buffer.from([(7 << 5) | entries.length]), ...entries.flat().map(encode)]);
}

function uint(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}
