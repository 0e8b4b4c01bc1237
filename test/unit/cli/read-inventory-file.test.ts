import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readInventoryFile, requestOf } from '../../../cli/read-inventory-file';
import { temporaryFolder } from '../../support/temporary-folder';

const folder = temporaryFolder();

function file(name: string, lines: readonly string[]): string {
  const path = join(folder.path, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

const faultsOf = (name: string, lines: readonly string[]): string => {
  try {
    readInventoryFile(file(name, lines));
    return 'none';
  } catch (error) {
    return String(error);
  }
};

describe('an inventory file', () => {
  it('is told what is wrong with it by its lines, and never what stands there', () => {
    const yaml = faultsOf('bad.yaml', [
      'credentials:',
      '  - id: one',
      '    provider: postgres-role',
      '    principal: one',
      '    enforcement: nobody',
      '    version: { publicId: one, value: hunter2-hunter2 }',
    ]);
    const csv = faultsOf('bad.csv', ['id,provider,principal,ownerTeam,enforcement,criticality', 'a,x,a,t,gateway,9']);
    const headless = faultsOf('headless.csv', ['a,postgres-role,hunter2-S3cret!', 'b,postgres-role,other']);
    const ragged = faultsOf('ragged.csv', ['id,provider', 'hunter2,b,c']);

    expect(yaml).toMatch(/line 5, column 18: credentials\.0\.enforcement/);
    expect(csv).toContain('bad.csv: line 2: criticality: is not 0, 1, 2 or 3');
    expect(headless).toContain('unknown:');
    expect(ragged).toContain('line 2: is no CSV');
    expect([yaml, headless, ragged].join()).not.toContain('hunter2');
  });

  it('names where a value is, and says when there is none', () => {
    const path = file('values.csv', [
      'id,provider,principal,ownerTeam,enforcement,publicId,valueFile,valueEnv',
      'a,postgres-role,a,t,provider,a,secret,',
      'b,postgres-role,b,t,provider,b,,NOWHERE',
    ]);
    file('secret', ['of-a']);
    const [a, b] = readInventoryFile(path);

    expect(requestOf(a!, path).version).toEqual({ publicId: 'a', value: 'of-a' });
    expect(() => requestOf(b!, path)).toThrow('b: the variable NOWHERE is empty, or not there');
  });

  it('is shown in the documentation by one that can be read', () => {
    const example = readInventoryFile(join(__dirname, '../../../docs/examples/inventory.yaml'));

    expect(example.map(({ id, version }) => [id, version?.publicId])).toEqual([
      ['legacy-db', 'legacy_app'],
      ['reports-token', undefined],
    ]);
  });
});
