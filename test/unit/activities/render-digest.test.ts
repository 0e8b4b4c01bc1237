import { renderDigest } from '../../../activities/notifiers/render-digest';
import type { Notice } from '../../../domain/ports/notifier';

function notice(change: Partial<Notice>): Notice {
  return {
    kind: 'contained',
    incidentId: `incident/${change.credentialId}/1`,
    runId: 'r',
    credentialId: 'orders-db',
    version: 1,
    provider: 'postgres-role',
    ownerTeam: 'payments',
    severity: 'high',
    reason: 'used by psql from a new address',
    summary: 'It is refused.',
    cause: 'reported by feed:github',
    url: 'http://ui/incident',
    ...change,
  };
}

const ORDERS = notice({ credentialId: 'orders-db' });
const BILLING = notice({ credentialId: 'billing-db', severity: 'critical' });

describe('a digest', () => {
  it('names every credential, the gravest first, and gives a role the text they share', () => {
    const { title, body, fields } = renderDigest([ORDERS, BILLING], 'product', 'http://ui/all');

    expect(title).toBe('[critical] 2 more credentials: leaked');
    expect(body.indexOf('billing-db')).toBeLessThan(body.indexOf('orders-db'));
    expect(body).toContain('Customers should notice nothing, or a short delay');
    expect(body).not.toContain('psql');
    expect(fields).toMatchObject({ kind: 'digest', of: 'contained', count: '2', severity: 'critical' });
  });

  it('promises nothing for all that is not so for all, and says of each what became of it', () => {
    const left = notice({ credentialId: 'vendor-key', leftToPerson: true });
    const ends = notice({ credentialId: 'forge-token', endsOnly: true, provider: 'git-forge-token' });

    const { body } = renderDigest([ORDERS, left, ends], 'engineering', 'http://ui/all');

    expect(body).not.toMatch(/are moved|nothing to do/);
    expect(body).toContain('forge-token v1 leaked, is refused at the gateways, and works at git-forge-token');
  });

  it('says of an exercise that it is one', () => {
    const { title, body } = renderDigest([{ ...ORDERS, simulated: true }, BILLING], 'security', 'http://ui/all');

    expect(title).toMatch(/^SIMULATED /);
    expect(body).toContain('SIMULATED: an exercise');
  });
});
