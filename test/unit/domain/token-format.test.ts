import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { formatToken, holdsOurValue, tokenPublicId, withoutOurValues } from '../../../domain/token-format';

const token = fc.integer().map(() => formatToken(randomBytes));

describe('token format', () => {
  it('makes tokens that carry a public id and a checksum', () => {
    fc.assert(fc.property(token, (one) => one.length === 48 && tokenPublicId(one) === one.slice(0, 12)));
  });

  it('does not recognise a token with one character changed', () => {
    fc.assert(
      fc.property(token, fc.integer({ min: 4, max: 47 }), (one, at) => {
        const changed = one[at] === 'a' ? 'b' : 'a';
        return tokenPublicId(one.slice(0, at) + changed + one.slice(at + 1)) === undefined;
      }),
    );
  });

  it('leaves out bytes that would make some characters likelier', () => {
    let calls = 0;
    const biased = (size: number): Uint8Array =>
      calls++ === 0 ? new Uint8Array(size).fill(255) : new Uint8Array(size).fill(1);

    expect(formatToken(biased)).toMatch(/^tqt_1{38}/);
    expect(calls).toBe(2);
  });

  it('leaves no API key in a text, whatever is joined with it', () => {
    const key = fc.integer().map(() => randomBytes(32).toString('base64url'));
    const joint = fc.stringMatching(/^[\w-]{0,90}$/);
    fc.assert(
      fc.property(joint, key, joint, key, joint, (a, first, b, second, c) => {
        const shown = withoutOurValues(`${a}tqk_${first}${b}tqk_${second}${c}`);
        return [first, second].every((secret) => !shown.includes(secret.slice(8)));
      }),
    );
  });

  it('is found in a text that people will see, and so is an API key', () => {
    fc.assert(fc.property(token, (one) => holdsOurValue(`found ${one}, in a repository`)));
    expect(holdsOurValue(`tqk_${'x'.repeat(43)}`)).toBe(true);
    expect(holdsOurValue(`the prefix tqt_ and ${'tqt_'.padEnd(48, 'a')}, which has no valid checksum`)).toBe(false);
  });
});
