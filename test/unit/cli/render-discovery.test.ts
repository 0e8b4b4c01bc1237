import { parse } from 'yaml';
import { renderDiscovery } from '../../../cli/render-discovery';
import { inventoryFile } from '../../../domain/credential-description';

const ABOUT = { provider: 'aws-access-key', account: 'production', known: 2, leftOut: 0 };

describe('what was found', () => {
  it('is a file that can not be imported before a person has completed it', () => {
    const found = [{ principal: 'ci', publicId: 'AKIAEXAMPLE', notes: [], ownerTeam: 'platform' }];
    const file = renderDiscovery({ ...ABOUT, found });
    const complete = file.replace('publicId: AKIAEXAMPLE', 'publicId: AKIAEXAMPLE, valueEnv: CI_KEY');

    expect(inventoryFile.safeParse(parse(file)).success).toBe(false);
    expect(inventoryFile.parse(parse(complete)).credentials).toMatchObject([
      {
        id: 'ci',
        ownerTeam: 'platform',
        version: { publicId: 'AKIAEXAMPLE', valueEnv: 'CI_KEY' },
      },
    ]);
  });

  it('stays one file of data, whatever names and comments hold', () => {
    const evil = 'a: b\n  - id: owned # \u2028 {';
    const found = [
      {
        principal: evil,
        publicId: 'yes',
        notes: [evil],
        ownerTeam: evil,
        usedFrom: [{ network: '10.0.0.5/32', by: evil }],
        registeredAs: 'other',
      },
      { principal: evil, publicId: 'two', notes: [] },
    ];

    const { credentials } = parse(renderDiscovery({ ...ABOUT, found })) as {
      credentials: readonly Record<string, unknown>[];
    };

    expect(credentials).toHaveLength(2);
    expect(credentials[0]).toMatchObject({
      principal: evil,
      ownerTeam: evil,
      knownContexts: [{ id: 'seen-1', networks: ['10.0.0.5/32'] }],
      version: { publicId: 'yes' },
    });
    expect(new Set(credentials.map(({ id }) => id)).size).toBe(2);
  });

  it('gives each an id of its own', () => {
    const found = ['a', 'a', 'a-2'].map((principal) => ({ principal, publicId: principal, notes: [] }));
    const ids = [...renderDiscovery({ ...ABOUT, found }).matchAll(/- id: (\S+)/g)].map(([, id]) => id);

    expect(ids).toEqual(['a', 'a-2', 'a-2-2']);
  });

  it('says so when there is nothing, and when there is more than is shown', () => {
    expect(parse(renderDiscovery({ ...ABOUT, found: [] }))).toEqual({ credentials: [] });
    expect(renderDiscovery({ ...ABOUT, found: [], leftOut: 7 })).toContain('# 7 more are not shown');
  });
});
