import fc from 'fast-check';
import { APPROVED_ACTIONS, detailText } from '../../../domain/approval';

const detail = fc.dictionary(fc.string({ maxLength: 5 }), fc.oneof(fc.string({ maxLength: 5 }), fc.integer()), {
  maxKeys: 5,
});

describe('what an approval is about', () => {
  it('is the same text however its keys are ordered', () => {
    fc.assert(
      fc.property(detail, (about) => {
        const reversed = Object.fromEntries(Object.entries(about).reverse());

        expect(detailText(reversed)).toBe(detailText(about));
      }),
    );
  });

  it('is another text for anything else: a number is not its digits', () => {
    fc.assert(
      fc.property(detail, detail, (one, other) => {
        const same = JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());

        expect(detailText(one) === detailText(other)).toBe(same);
      }),
    );
    expect(detailText({ question: 1 })).not.toBe(detailText({ question: '1' }));
    expect(detailText({})).toBe('{}');
  });

  it('never allows what only tightens, acknowledges or notes: that needs none', () => {
    for (const free of ['acknowledge', 'addNote', 'raiseSeverity', 'rejectStep', 'retryStep'])
      expect(APPROVED_ACTIONS).not.toContain(free);
  });
});
