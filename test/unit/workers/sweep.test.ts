import { pino } from 'pino';
import type { GatewayLease } from '../../../domain/ports/denylist';
import type { AuditEvent } from '../../../domain/ports/stores';
import { tighten, type DenylistEntry } from '../../../domain/denylist';
import { IncidentError } from '../../../domain/errors';
import { lift, merge } from '../../../domain/lift';
import { publicIdSubject, type Subject } from '../../../domain/subject';
import { sweepOnce, type SweepDeps } from '../../../workers/response/sweep';
import { namedRefusal } from '../../support/sample-refusal';

const NOW = 1_000_000;
const log = pino({ level: 'silent' });

const orphan = (name: string) => namedRefusal(name, { status: 'hold', adoptBy: NOW - 1 });

/** PostgreSQL and the denylist in memory, and what was done. */
function world(recorded: readonly DenylistEntry[], listed: readonly DenylistEntry[]) {
  const [postgres, kv] = [recorded, listed].map((all) => new Map(all.map((one) => [one.subject, one])));
  if (!postgres || !kv) throw new Error('no world');
  const mergeIn = (map: Map<Subject, DenylistEntry>, entry: DenylistEntry): DenylistEntry => {
    const next = merge(map.get(entry.subject), entry);
    map.set(entry.subject, next);
    return next;
  };
  const [audited, paged, sent]: [AuditEvent[], string[], Set<string>] = [[], [], new Set()];
  /** What is broken, by credential. */
  const broken = { page: '', audit: '', unknown: '', gateways: '' };
  const missing: GatewayLease[] = [];
  const deps = {
    containments: {
      all: () => Promise.resolve([...postgres.values()]),
      merge: (entry: DenylistEntry) => Promise.resolve(mergeIn(postgres, entry)),
    },
    denylist: {
      all: () => Promise.resolve([...kv.values()]),
      merge: (entry: DenylistEntry) => Promise.resolve({ revision: 1, at: NOW, entry: mergeIn(kv, entry) }),
      get: () => Promise.resolve(undefined),
    },
    gateways: {
      members: () =>
        broken.gateways === '' ? Promise.resolve({ live: [], missing }) : Promise.reject(new Error(broken.gateways)),
    },
    audit: {
      append: (event: AuditEvent) => {
        if (event.detail['credential'] === broken.audit) return Promise.reject(new Error('audit is away'));
        audited.push(event);
        return Promise.resolve();
      },
    },
    deliveries: {
      wasSent: (key: string) => Promise.resolve(sent.has(key)),
      markSent: (key: string) => Promise.resolve(void sent.add(key)),
    },
    inventory: {
      credential: (id: string) =>
        id === broken.unknown
          ? Promise.reject(new IncidentError('CREDENTIAL_UNKNOWN', { credential: id }))
          : Promise.resolve({ provider: 'test', ownerTeam: 'team' }),
    },
    audiences: {
      security: [
        { notifier: 'first', target: '' },
        { notifier: 'second', target: '' },
      ],
    },
    notifiers: new Map(
      ['first', 'second'].map((name) => [
        name,
        {
          send: (_target: string, _notice: unknown, key: string) => {
            if (name === 'first' && broken.page !== '' && new RegExp(`[:/]${broken.page}/`).test(key))
              return Promise.reject(new Error('the channel is away'));
            paged.push(`${name} ${key}`);
            return Promise.resolve();
          },
        },
      ]),
    ),
    incidentUrl: () => 'http://ui',
  } as unknown as SweepDeps;
  const state = (map: Map<Subject, DenylistEntry>, name: string) => map.get(publicIdSubject('test', name))?.status;
  return {
    deps,
    audited,
    paged,
    missing,
    broken,
    stateIn: { postgres: (name: string) => state(postgres, name), kv: (name: string) => state(kv, name) },
    entryIn: (name: string) => postgres.get(publicIdSubject('test', name)),
  };
}

describe('the sweep', () => {
  it('makes an orphaned hold permanent, pages, and audits it', async () => {
    const { deps, audited, paged, stateIn } = world([], [orphan('a')]);

    const mended = await sweepOnce(deps, log, NOW);

    expect(mended).toEqual({ rewritten: 0, imported: 0, orphans: 1, overruled: 0, failed: 0 });
    expect([stateIn.postgres('a'), stateIn.kv('a')]).toEqual(['quarantine', 'quarantine']);
    expect(paged).toHaveLength(2);
    expect(audited).toMatchObject([
      { actor: 'sweep', action: 'make-hold-permanent', phase: 'outcome', incidentId: 'incident/a/1' },
    ]);
  });

  it('leaves a hold that may still be adopted', async () => {
    const { deps, audited, stateIn } = world([], [namedRefusal('a', { status: 'hold', adoptBy: NOW + 1 })]);

    await sweepOnce(deps, log, NOW);

    expect([stateIn.postgres('a'), stateIn.kv('a'), audited]).toEqual([undefined, 'hold', []]);
  });

  it('is not held up by an orphan whose page fails, and tells each channel once', async () => {
    const { deps, paged, broken, stateIn } = world([], [orphan('a'), orphan('b')]);
    broken.page = 'a';

    const first = await sweepOnce(deps, log, NOW);
    const during = [stateIn.kv('a'), stateIn.kv('b')];
    broken.page = '';
    const second = await sweepOnce(deps, log, NOW);

    expect([first, second]).toMatchObject([
      { orphans: 1, failed: 1 },
      { orphans: 1, failed: 0 },
    ]);
    expect(during).toEqual(['hold', 'quarantine']);
    expect(stateIn.kv('a')).toBe('quarantine');
    expect(new Set(paged).size).toBe(4);
    expect(paged).toHaveLength(4);
  });

  it('keeps the hold a hold until it is audited', async () => {
    const { deps, broken, audited, stateIn } = world([], [orphan('a')]);
    broken.audit = 'a';

    await sweepOnce(deps, log, NOW);
    const during = stateIn.kv('a');
    broken.audit = '';
    await sweepOnce(deps, log, NOW);

    expect([during, stateIn.kv('a'), audited.length]).toEqual(['hold', 'quarantine', 1]);
  });

  it('pages for a credential that the inventory does not know', async () => {
    const { deps, broken, paged } = world([], [orphan('a')]);
    broken.unknown = 'a';

    await sweepOnce(deps, log, NOW);

    expect(paged).toHaveLength(2);
  });

  it.each(['quarantine', 'revoked'] as const)('brings a %s that PostgreSQL lacks into PostgreSQL', async (status) => {
    const { deps, audited, stateIn } = world([], [namedRefusal('a', { status })]);

    const mended = await sweepOnce(deps, log, NOW);
    const again = await sweepOnce(deps, log, NOW);

    expect([mended.imported, again.imported, stateIn.postgres('a')]).toEqual([1, 0, status]);
    expect(audited).toMatchObject([{ actor: 'sweep', action: 'import-containment' }]);
  });

  it('makes both what the tighter of the two says', async () => {
    const lane = { mode: 'known-contexts-only', allow: [{ id: 'a', networks: ['10.0.0.0/8'] }] } as const;
    const narrow = { mode: 'known-contexts-only', allow: [{ id: 'a', networks: ['10.1.0.0/16'] }] } as const;
    const open = (from: typeof lane | typeof narrow) => ({
      ...from,
      allow: from.allow.map((one) => ({ id: one.id, networks: [...one.networks] })),
    });
    const { deps, entryIn, stateIn } = world(
      [namedRefusal('a', open(lane)), namedRefusal('b', { status: 'revoked' })],
      [namedRefusal('a', open(narrow)), namedRefusal('b')],
    );

    const mended = await sweepOnce(deps, log, NOW);

    expect(mended).toEqual({ rewritten: 1, imported: 1, orphans: 0, overruled: 0, failed: 0 });
    expect(entryIn('a')?.allow).toEqual(narrow.allow);
    expect(stateIn.kv('b')).toBe('revoked');
  });

  describe('after a lift', () => {
    const before = namedRefusal('a');
    const lifted = lift(before, { ...before, at: NOW - 10 });

    it('carries it to a denylist that still refuses, without a page for the hold that stands there', async () => {
      const { deps, paged, stateIn } = world([lifted], [orphan('a')]);

      const mended = await sweepOnce(deps, log, NOW);

      expect(mended).toMatchObject({ rewritten: 1, imported: 0, orphans: 0, overruled: 0 });
      expect([stateIn.postgres('a'), stateIn.kv('a'), paged]).toEqual(['lifted', 'lifted', []]);
    });

    it('overrules one that PostgreSQL knows nothing of, once, and says so', async () => {
      const { deps, audited, stateIn } = world([before], [lifted]);

      const mended = await sweepOnce(deps, log, NOW);
      const again = await sweepOnce(deps, log, NOW);

      expect([mended.overruled, again.overruled, again.rewritten]).toEqual([1, 0, 0]);
      expect([stateIn.postgres('a'), stateIn.kv('a')]).toEqual(['quarantine', 'quarantine']);
      expect(audited).toMatchObject([{ actor: 'sweep', action: 'overrule-lift' }]);
    });

    it('imports what was refused again since', async () => {
      const again = tighten(lifted, namedRefusal('a', { since: NOW - 5 }));
      const { deps, stateIn } = world([lifted], [again]);

      const mended = await sweepOnce(deps, log, NOW);

      expect([mended.imported, stateIn.postgres('a'), stateIn.kv('a')]).toEqual([1, 'quarantine', 'quarantine']);
    });
  });

  describe('with a gateway missing', () => {
    const lease = (gatewayId: string, at = NOW - 10_000): GatewayLease => ({
      gatewayId,
      authorizeUrl: 'http://127.0.0.1:1/authorize',
      appliedRevision: 7,
      at,
    });

    it('pages each channel once for each time it went away', async () => {
      const { deps, paged, missing } = world([], []);
      missing.push(lease('g2'));

      await sweepOnce(deps, log, NOW);
      await sweepOnce(deps, log, NOW);
      missing[0] = lease('g2', NOW);
      await sweepOnce(deps, log, NOW);

      expect(paged).toEqual([
        `first missing-gateway/g2/${NOW - 10_000}/0`,
        `second missing-gateway/g2/${NOW - 10_000}/1`,
        `first missing-gateway/g2/${NOW}/0`,
        `second missing-gateway/g2/${NOW}/1`,
      ]);
    });

    it('tells of each, and by each channel, whatever fails', async () => {
      const { deps, paged, missing, broken } = world([], [orphan('a')]);
      missing.push(lease('g2'), lease('g3'));
      broken.page = 'g2';

      const first = await sweepOnce(deps, log, NOW);
      const during = paged.filter((key) => key.includes('missing')).length;
      broken.page = '';
      await sweepOnce(deps, log, NOW);

      expect([first.orphans, during]).toEqual([1, 3]);
      expect(paged.filter((key) => key.includes('missing'))).toHaveLength(4);
    });

    it('mends the denylist all the same when the leases can not be read', async () => {
      const { deps, broken, stateIn } = world([], [orphan('a')]);
      broken.gateways = 'NATS is away';

      await sweepOnce(deps, log, NOW);

      expect(stateIn.kv('a')).toBe('quarantine');
    });
  });
});
