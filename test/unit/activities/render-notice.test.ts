import { renderNotice } from '../../../activities/notifiers/render-notice';
import { AUDIENCES } from '../../../domain/ports/notifier';
import { sampleNotice } from '../../support/sample-notice';

const notice = sampleNotice({ kind: 'resolved', summary: 'Version 1 is revoked.' });

describe('notices', () => {
  it('tell each audience what its role needs, and link to the incident', () => {
    const bodies = AUDIENCES.map((audience) => renderNotice(notice, audience).body);

    expect(new Set(bodies).size).toBe(3);
    for (const body of bodies) expect(body).toContain(notice.url);
    expect(renderNotice(notice, 'security').body).toContain(notice.reason);
    expect(renderNotice(notice, 'product').body).not.toContain('psql');
  });

  it('say of an exercise that it is one, to everybody', () => {
    for (const audience of AUDIENCES) {
      const { title, body, fields } = renderNotice({ ...notice, simulated: true }, audience);

      expect(title).toMatch(/^SIMULATED \[high\]/);
      expect(body).toContain('SIMULATED');
      expect(fields['simulated']).toBe('true');
    }
    expect(JSON.stringify(renderNotice(notice, 'security'))).not.toMatch(/simulated/i);
  });

  it.each(['unresolved', 'person-needed', 'restored'] as const)('promise no move and no calm when %s', (kind) => {
    const texts = AUDIENCES.map((audience) => renderNotice({ ...notice, kind }, audience).body);

    expect(texts.join('\n')).not.toMatch(/are moved|were moved|unless asked|notice nothing, or|waits for the answer/);
  });

  it('tell programs where it is refused, when gateways alone refuse it', () => {
    const { fields } = renderNotice({ ...notice, kind: 'contained', endsOnly: true }, 'security');

    expect(fields['refusedAt']).toBe('gateways');
    expect(renderNotice({ ...notice, kind: 'contained', lane: true }, 'security').fields['refusedAt']).toBe('gateways');
    expect(renderNotice({ ...notice, kind: 'contained' }, 'security').fields).not.toHaveProperty('refusedAt');
  });

  it('promise nothing where nothing can be done at the provider', () => {
    const texts = AUDIENCES.map(
      (audience) => renderNotice({ ...notice, kind: 'contained', leftToPerson: true }, audience).body,
    );

    expect(texts.join('\n')).not.toMatch(/are moved|nothing to do|notice nothing/);
    expect(texts[0]).toContain('a person must');
  });
});
