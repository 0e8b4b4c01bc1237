import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ERROR_CODES, IncidentError, isErrorCode, nextStep } from '../../../domain/errors';

describe('errors', () => {
  it('say the code, the facts and what to do next', () => {
    const error = new IncidentError('VERSION_UNKNOWN', { credential: 'orders-db', version: 4 });

    expect(error.message).toBe(`VERSION_UNKNOWN (credential=orders-db version=4): ${nextStep('VERSION_UNKNOWN')}`);
    expect(isErrorCode(error.code)).toBe(true);
    expect(isErrorCode('NO_SUCH')).toBe(false);
  });

  it('are all in docs/errors.md, which names no other', () => {
    const text = readFileSync(path.resolve(__dirname, '../../../docs/errors.md'), 'utf8');
    const documented = [...text.matchAll(/^\| `([A-Z_]+)` \|/gm)].map((match) => match[1]);

    expect(documented.sort()).toEqual([...ERROR_CODES].sort());
  });
});
