import fc from 'fast-check';
import { fingerprint, signProbe, verifyProbe } from '../../../domain/fingerprint';
import {
  isSubject,
  parseSubject,
  partitionOf,
  publicIdSubject,
  shortSubject,
  subjectKey,
} from '../../../domain/subject';
import { incidentId, parseIncidentId } from '../../../domain/credential';

const key = { id: 'k1', key: Buffer.alloc(32, 1) };
const other = { id: 'k2', key: Buffer.alloc(32, 2) };
const publicId = fc.string({ unit: fc.constantFrom(...'abcXYZ019/_-.:@'), minLength: 1, maxLength: 40 });

describe('subject', () => {
  it('knows a secret by a fingerprint that differs by key and holds no part of it', () => {
    const subject = fingerprint('a very secret value', key);

    expect(isSubject(subject)).toBe(true);
    expect(fingerprint('a very secret value', other)).not.toBe(subject);
    expect(subject).not.toContain('secret');
    expect(shortSubject(subject).length).toBeLessThan(20);
  });

  it('becomes a KV key of allowed characters, one for each subject', () => {
    fc.assert(
      fc.property(publicId, publicId, (a, b) => {
        const [left, right] = [publicIdSubject('aws', a), publicIdSubject('aws', b)];
        expect(subjectKey(left)).toMatch(/^[-/_=.a-zA-Z0-9]+$/);
        return (subjectKey(left) === subjectKey(right)) === (a === b);
      }),
    );
  });

  it('is refused when malformed, without repeating what was given', () => {
    expect(() => parseSubject('hunter2')).toThrow(/SUBJECT_MALFORMED/);
    expect(() => parseSubject('hunter2')).not.toThrow(/hunter2/);
  });

  it('always falls into one partition of those there are', () => {
    fc.assert(
      fc.property(publicId, fc.integer({ min: 1, max: 64 }), (id, partitions) => {
        const partition = partitionOf(publicIdSubject('p', id), partitions);
        return (
          partition >= 0 && partition < partitions && partition === partitionOf(publicIdSubject('p', id), partitions)
        );
      }),
    );
  });
});

describe('probe mark', () => {
  const now = 1_700_000_000_000;

  it('is recognised under any live key, within its minute, and fits an application name', () => {
    const mark = signProbe('verify', now, key);

    expect(mark.length).toBeLessThanOrEqual(63);
    expect(verifyProbe(mark, now + 1_000, [other, key])).toBe('verify');
    expect(verifyProbe(mark, now + 61_000, [key])).toBeUndefined();
  });

  it('can not be forged or changed', () => {
    const mark = signProbe('verify', now, key);

    expect(verifyProbe(mark, now, [other])).toBeUndefined();
    expect(verifyProbe(mark.replace('verify', 'others'), now, [key])).toBeUndefined();
    expect(verifyProbe('tqprobe.verify.x', now, [key])).toBeUndefined();
  });
});

describe('incident id', () => {
  it('is formed and read by one pair of functions', () => {
    fc.assert(
      fc.property(publicId, fc.integer({ min: 1, max: 1e6 }), (credentialId, version) => {
        expect(parseIncidentId(incidentId(credentialId, version))).toEqual({ credentialId, version });
      }),
    );
    expect(parseIncidentId('something/else')).toBeUndefined();
  });
});
