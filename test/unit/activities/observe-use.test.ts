import { createUseActivities } from '../../../activities/use';
import type { ContextUse } from '../../../domain/sighting';
import { publicIdSubject, type Subject } from '../../../domain/subject';
import { sampleCredential, sampleVersion } from '../../support/sample-credential';

const [OLD, NEW] = ['old', 'new'].map((name) => publicIdSubject('test', name)) as [Subject, Subject];
const CREDENTIAL = sampleCredential({
  knownContexts: [
    { id: 'checkout', networks: ['10.1.0.0/16'], dependent: 'checkout' },
    { id: 'gone', networks: ['10.2.0.0/16'], dependent: 'no-dependent-any-more' },
    { id: 'cron', networks: ['10.3.0.0/16'] },
  ],
  dependents: [{ id: 'checkout', kind: 'kv-pull', target: '', owner: 'payments', criticality: 1 }],
});
const use = (context: string, more: Partial<ContextUse> = {}): ContextUse => ({
  context,
  firstAt: 1,
  lastAcceptedAt: 0,
  accepted: 0,
  lastFailedAt: 0,
  failed: 0,
  ...more,
});

function observe(seen: ReadonlyMap<Subject, readonly ContextUse[]>, of: number, since: number) {
  const versions = [
    sampleVersion({ version: 1, subjects: [OLD] }),
    sampleVersion({ version: 2, subjects: [NEW, publicIdSubject('test', 'new-by-another-key')] }),
  ];
  const { observeUse } = createUseActivities({
    inventory: {
      credential: () => Promise.resolve(CREDENTIAL),
      versions: () => Promise.resolve(versions),
      version: (_id: string, version: number) => Promise.resolve(versions[version - 1]),
    } as unknown as Parameters<typeof createUseActivities>[0]['inventory'],
    uses: {
      seen(subject) {
        const contexts = seen.get(subject);
        return Promise.resolve(contexts && { subject, contexts: [...contexts] });
      },
    },
  });
  const step = { incidentId: 'i', runId: 'r', credentialId: CREDENTIAL.id, version: 1, stepKey: 's' };
  return observeUse({ ...step, of, since });
}

describe('the use of a version', () => {
  it('names who used it since then, and who of them is a dependent', async () => {
    const seen = new Map([
      [
        OLD,
        [
          use('checkout', { lastAcceptedAt: 500, accepted: 7 }),
          use('gone', { lastAcceptedAt: 600, accepted: 1 }),
          use('cron', { lastAcceptedAt: 600, accepted: 2, lastFailedAt: 700, failed: 1 }),
          use('elsewhere', { lastFailedAt: 900, failed: 40 }),
        ],
      ],
    ]);

    const { contexts } = await observe(seen, 1, 600);

    expect(contexts).toEqual([
      { context: 'cron', registered: false, lastAcceptedAt: 600, accepted: 2, failed: 1 },
      { context: 'elsewhere', registered: false, lastAcceptedAt: 0, accepted: 0, failed: 40 },
      {
        context: 'gone',
        dependent: 'no-dependent-any-more',
        registered: false,
        lastAcceptedAt: 600,
        accepted: 1,
        failed: 0,
      },
    ]);
  });

  it('calls nothing accepted that was accepted before then', async () => {
    const seen = new Map([
      [OLD, [use('checkout', { lastAcceptedAt: 500, accepted: 7, lastFailedAt: 900, failed: 3 })]],
    ]);

    const { contexts } = await observe(seen, 1, 600);

    expect(contexts).toEqual([
      { context: 'checkout', dependent: 'checkout', registered: true, lastAcceptedAt: 0, accepted: 0, failed: 3 },
    ]);
  });

  it('takes silence for silence only where some version of the credential was ever seen', async () => {
    const seen = new Map([[OLD, [use('checkout', { lastAcceptedAt: 500, accepted: 7 })]]]);

    expect(await observe(seen, 2, 0)).toMatchObject({ visible: true, contexts: [] });
    expect(await observe(seen, 1, 900)).toMatchObject({ visible: true, contexts: [] });
    expect(await observe(new Map(), 2, 0)).toMatchObject({ visible: false, contexts: [] });
  });
});
