import type { InventoryRecord } from '../../../domain/credential';
import { publicIdSubject } from '../../../domain/subject';
import { createEndpointMemory, MEMORY_LIMITS } from '../../../enforcement/endpoint-memory';

const OFFICE = { id: 'office', networks: ['10.1.0.0/16'] };
const recordOf = (name: string, knownContexts = [OFFICE]): InventoryRecord =>
  ({ subject: publicIdSubject('test', name), knownContexts }) as unknown as InventoryRecord;
const RECORD = recordOf('a');

function learned(record: InventoryRecord, endpoints: readonly string[], address = '10.1.0.1') {
  const memory = createEndpointMemory();
  for (const endpoint of endpoints) memory.learn(record, address, endpoint, 0);
  return memory;
}

const often = (endpoint: string) => Array.from({ length: MEMORY_LIMITS.uses }, () => endpoint);

describe('the memory of endpoints', () => {
  it('recalls what a context used, when it used it often enough to say so', () => {
    const known = learned(RECORD, [...often('GET /a'), 'POST /b']);
    const barely = learned(RECORD, often('GET /a').slice(1));

    expect(known.recall(RECORD.subject, 'office', 0)).toEqual(new Set(['GET /a', 'POST /b']));
    expect(barely.recall(RECORD.subject, 'office', 0)).toBeUndefined();
    expect(known.recall(recordOf('b').subject, 'office', 0)).toBeUndefined();
  });

  it('learns nothing of whoever is elsewhere', () => {
    const memory = learned(RECORD, often('GET /a'));
    for (const endpoint of often('GET /admin')) memory.learn(RECORD, '203.0.113.7', endpoint, 0);

    expect(memory.recall(RECORD.subject, 'office', 0)).toEqual(new Set(['GET /a']));
  });

  it('keeps what it knows of a context when the inventory changes, and matches by the new networks', () => {
    const memory = learned(RECORD, often('GET /a'));
    const moved = { ...RECORD, knownContexts: [{ id: 'office', networks: ['10.2.0.0/16'] }] };

    memory.learn(moved, '10.2.0.1', 'GET /b', 0);
    memory.learn(moved, '10.1.0.1', 'GET /c', 0);

    expect(memory.recall(RECORD.subject, 'office', 0)).toEqual(new Set(['GET /a', 'GET /b']));
  });

  it('is bounded: a context that calls too many is wide, and the longest unused subject goes first', () => {
    const many = Array.from({ length: MEMORY_LIMITS.endpoints + 1 }, (_, n) => `GET /${n}`);
    const memory = learned(RECORD, [...many, 'GET /one-more']);
    const later = MEMORY_LIMITS.touchMs + 1;
    expect(memory.recall(RECORD.subject, 'office', later)).toBe('wide');

    const others = Array.from({ length: MEMORY_LIMITS.subjects }, (_, n) => recordOf(`other-${n}`));
    for (const record of others.slice(0, -1)) memory.learn(record, '10.1.0.1', 'GET /a', later);
    expect(memory.recall(RECORD.subject, 'office', later)).toBe('wide');
    memory.learn(others.at(-1)!, '10.1.0.1', 'GET /a', later);

    expect(memory.recall(RECORD.subject, 'office', later)).toBeUndefined();
  });
});
