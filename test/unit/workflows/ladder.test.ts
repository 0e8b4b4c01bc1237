import fc from 'fast-check';
import { DEFAULT_ESCALATION, type Escalation } from '../../../domain/escalation';
import { Ladder } from '../../../workflows/lib/ladder';
import { remindAfterSeconds } from '../../../workflows/lib/reminders';

const QUARTER = 900;
const HOUR = 3_600;

function ladderOf(...afterSeconds: readonly number[]): Escalation {
  const steps = afterSeconds.map((seconds, index) => ({ tell: [`step-${index}`], afterSeconds: seconds }));
  return { ...DEFAULT_ESCALATION, steps, onSilence: { ...DEFAULT_ESCALATION.onSilence, closeAfterSeconds: HOUR } };
}

/** Who is paged, and when, in seconds after the question. */
function pages(escalation: Escalation, count: number): readonly (readonly [number, string])[] {
  const ladder = new Ladder(escalation, QUARTER, 0);
  let now = 0;
  return Array.from({ length: count }, () => {
    const page = [now, ladder.climb().join()] as const;
    now += ladder.pauseSeconds();
    return page;
  });
}

describe('an escalation ladder', () => {
  it('pages each step at its time, and the last one again after that', () => {
    expect(pages(ladderOf(0, 300, 1_000), 5)).toEqual([
      [0, 'step-0'],
      [300, 'step-1'],
      [1_000, 'step-2'],
      [1_900, 'step-2'],
      [2_800, 'step-2'],
    ]);
  });

  it('of one step repeats that one', () => {
    expect(pages(ladderOf(0), 3)).toEqual([
      [0, 'step-0'],
      [900, 'step-0'],
      [1_800, 'step-0'],
    ]);
  });

  it('reaches every step at its own time, and then thins out like a question of one step', () => {
    const rising = fc
      .uniqueArray(fc.integer({ min: 1, max: 10_000 }), { maxLength: 5 })
      .map((after) => [0, ...after.sort((a, b) => a - b)]);
    fc.assert(
      fc.property(rising, (after) => {
        const last = after.at(-1) ?? 0;
        const seen = pages(ladderOf(...after), after.length + 40);

        expect(seen.slice(0, after.length)).toEqual(after.map((seconds, index) => [seconds, `step-${index}`]));
        let at = last;
        seen.slice(after.length).forEach(([when, who], reminder) => {
          at += remindAfterSeconds(QUARTER, reminder + 1);
          expect([when, who]).toEqual([at, `step-${after.length - 1}`]);
        });
      }),
    );
  });

  it('is over so long after the question as the policy says, from when it was asked', () => {
    const ladder = new Ladder(ladderOf(0), QUARTER, 5_000);

    expect([HOUR * 1000 + 4_999, HOUR * 1000 + 5_000].map((now) => ladder.isOver(now))).toEqual([false, true]);
  });

  it('goes on in another run where it was', () => {
    const ladder = new Ladder(ladderOf(0, 300, 1_000), QUARTER, 5_000);
    ladder.climb();
    ladder.acknowledged = true;
    const { since, ...rest } = ladder.asked;
    const later = new Ladder(ladderOf(0, 300, 1_000), QUARTER, since, rest);

    expect([later.climb(), later.acknowledged, later.since]).toEqual([['step-1'], true, 5_000]);
  });

  it('of a policy without steps pages nobody and goes on', () => {
    const ladder = new Ladder({ ...DEFAULT_ESCALATION, steps: [] }, QUARTER, 0);

    expect([ladder.climb(), ladder.pauseSeconds() > 0]).toEqual([[], true]);
  });
});
