import { renderDigest } from '../../../activities/notifiers/render-digest';
import type { Notice } from '../../../domain/ports/notifier';
import { sampleNotice } from '../../support/sample-notice';

function notice(change: Partial<Notice>) {
  const told = sampleNotice({ cause: 'reported by feed:github', ...change });
  return { stepKey: told.incidentId, notice: told, at: Date.UTC(2026, 0, 6, 21, 3, 15) };
}

const ORDERS = notice({ credentialId: 'orders-db' });
const BILLING = notice({ credentialId: 'billing-db', severity: 'critical' });

describe('a digest', () => {
  it('names every credential, the gravest first, and gives a role the text they share', () => {
    const { title, body, fields } = renderDigest([ORDERS, BILLING], 'product', 'http://ui/all');

    expect(title).toBe('[critical] 2 more credentials: leaked');
    expect(body.indexOf('billing-db')).toBeLessThan(body.indexOf('orders-db'));
    expect(body).toContain('21:03:15 UTC [critical] billing-db v1');
    expect(body).toContain('Customers should notice nothing, or a short delay');
    expect(body).not.toContain('psql');
    expect(fields).toMatchObject({ kind: 'digest', of: 'contained', count: '2', severity: 'critical' });
  });

  it('gives security the evidence, and names those that there is no room to show', () => {
    const many = Array.from({ length: 20 }, (_, index) => notice({ credentialId: `key-${index}` }));

    const { body } = renderDigest([ORDERS, ...many], 'security', 'http://ui/all');

    expect(body.match(/used by psql from a new address/g)).toHaveLength(6);
    expect(body).toMatch(/and 15 more: key-5 v1, [^\n]*key-19 v1/);
  });

  it('promises nothing for all that is not so for all, and says of each what became of it', () => {
    const left = notice({ credentialId: 'vendor-key', leftToPerson: true });
    const ends = notice({ credentialId: 'forge-token', endsOnly: true, provider: 'git-forge-token' });

    const { body } = renderDigest([ORDERS, left, ends], 'engineering', 'http://ui/all');

    expect(body).toContain('What to do differs');
    expect(body).toContain('a person must');
    expect(body).toContain('forge-token v1 leaked, is refused at the gateways, and works at git-forge-token');
  });

  it('says of an exercise that it is one', () => {
    const { title, body } = renderDigest(
      [notice({ credentialId: 'orders-db', simulated: true }), BILLING],
      'security',
      'http://ui/all',
    );

    expect(title).toMatch(/^SIMULATED /);
    expect(body).toContain('SIMULATED: an exercise');
  });
});
