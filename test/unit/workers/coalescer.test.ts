import type { Severity } from '../../../domain/severity';
import { Coalescer } from '../../../workers/dispatcher/coalescer';

describe('coalescer', () => {
  it('lets the first through, then at most one a second', () => {
    const coalescer = new Coalescer();

    expect(coalescer.delayOf('i', 'high', 0)).toBe(0);
    coalescer.sent('i', 'high', 0);
    expect(coalescer.delayOf('i', 'high', 400)).toBe(600);
    expect(coalescer.delayOf('i', 'high', 1_000)).toBe(0);
  });

  it('never delays a raise of severity, nor another incident', () => {
    const coalescer = new Coalescer();
    coalescer.sent('i', 'medium', 0);

    expect(coalescer.delayOf('i', 'critical', 1)).toBe(0);
    expect(coalescer.delayOf('other', 'low', 1)).toBe(0);
    coalescer.sent('i', 'critical', 1);
    expect(coalescer.delayOf('i', 'critical', 2)).toBeGreaterThan(0);
  });

  it('forgets incidents nobody speaks of', () => {
    const coalescer = new Coalescer();
    coalescer.sent('old', 'high', 0);
    coalescer.sent('new', 'high', 700_000);

    expect(coalescer.delayOf('old', 'low', 700_001)).toBe(0);
  });

  describe('of an incident that has heard a thousand of the same', () => {
    const HOUR = 3_600_000;
    const heard = (severity: Severity) => {
      const coalescer = new Coalescer();
      for (let n = 0; n < 1_000; n++) {
        expect(coalescer.isSated('i', severity, n)).toBe(false);
        coalescer.sent('i', severity, n);
        coalescer.told('i', severity, n);
      }
      return coalescer;
    };

    it('is sated with that, and with less; not with more, nor is any other incident', () => {
      const coalescer = heard('high');

      expect(['low', 'high'].map((severity) => coalescer.isSated('i', severity as Severity, 1_000))).toEqual([
        true,
        true,
      ]);
      expect(coalescer.isSated('i', 'critical', 1_000)).toBe(false);
      expect(coalescer.isSated('other', 'high', 1_000)).toBe(false);
    });

    it('takes one more in an hour, since it may have closed meanwhile and what goes on must open one again', () => {
      const coalescer = heard('high');
      // What is only recorded does not put it off.
      for (let at = 1_000; at < HOUR; at += 60_000) coalescer.sent('i', 'high', at);

      expect(coalescer.isSated('i', 'high', HOUR)).toBe(true);
      expect(coalescer.isSated('i', 'high', HOUR + 999)).toBe(false);
      coalescer.told('i', 'high', HOUR + 999);
      expect(coalescer.isSated('i', 'high', HOUR + 1_000)).toBe(true);
    });

    it('has not heard a raise that did not reach it', () => {
      const coalescer = heard('high');
      coalescer.sent('i', 'critical', 1_000);

      expect(coalescer.isSated('i', 'critical', 2_000)).toBe(false);
      coalescer.told('i', 'critical', 2_000);
      expect(coalescer.isSated('i', 'critical', 2_001)).toBe(true);
    });
  });

  it('is never sated with what nobody accepted, however long it was tried', () => {
    const coalescer = new Coalescer();
    for (let n = 0; n < 5_000; n++) coalescer.sent('i', 'high', n * 1_000);

    expect(coalescer.isSated('i', 'high', 5_000_000)).toBe(false);
  });
});
