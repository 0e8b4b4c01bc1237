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
});
