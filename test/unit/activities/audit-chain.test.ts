import fc from 'fast-check';
import { ChainVerifier, FIRST_PREVIOUS_HASH, hashEntry, type AuditEntry } from '../../../activities/store/audit-chain';

const KEY = Buffer.alloc(32, 7);

function chain(length: number): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (let seq = 1; seq <= length; seq++) {
    const event = {
      incidentId: 'incident/a/1',
      workflowRunId: 'r',
      actor: 'workflow',
      action: 'revoke',
      phase: 'intent' as const,
      stepKey: `s${seq}`,
      detail: { b: seq, a: 'x' },
    };
    const entry = {
      seq,
      at: new Date(seq * 1000).toISOString(),
      event,
      previousHash: entries.at(-1)?.hash ?? FIRST_PREVIOUS_HASH,
    };
    entries.push({ ...entry, hash: hashEntry(KEY, entry) });
  }
  return entries;
}

function check(entries: readonly AuditEntry[], key = KEY) {
  const verifier = new ChainVerifier(key);
  for (const entry of entries) verifier.add(entry);
  return verifier.result();
}

describe('audit chain', () => {
  it('verifies what was appended, whatever the order of keys in the stored JSON', () => {
    const stored = chain(5).map((entry) => ({ ...entry, event: { ...entry.event, detail: { a: 'x', b: entry.seq } } }));

    expect(check(stored)).toMatchObject({ ok: true, entries: 5 });
  });

  it('finds an entry that was changed, taken out or moved', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 }), fc.constantFrom('change', 'remove', 'swap'), (at, how) => {
        const entries = chain(10);
        const one = entries[at]!;
        if (how === 'change') entries[at] = { ...one, event: { ...one.event, actor: 'nobody' } };
        if (how === 'remove') entries.splice(at, 1);
        if (how === 'swap') entries.splice(at, 2, entries[at + 1]!, one);
        const result = check(entries);
        return !result.ok && result.brokenAt === at + 1;
      }),
    );
  });

  it('can not be made anew without the key', () => {
    expect(check(chain(3), Buffer.alloc(32, 8))).toMatchObject({ ok: false, brokenAt: 1 });
  });
});
