import { MovingTime } from '../../../workflows/lib/moving-time';

const TERMS = { moveWithinSeconds: 600, goOnWithoutMissing: false };

describe('who does not work on the new version', () => {
  it('may go back while the lane is open', () => {
    const time = new MovingTime({ ...TERMS, laneUntil: 60_000 });

    expect([time.mayGoBack(0), time.mayGoBack(59_999), time.mayGoBack(60_000)]).toEqual([true, true, false]);
  });

  it('may go back as long as there is time, where nobody said when the lane ends', () => {
    const time = new MovingTime(TERMS);

    expect([time.mayGoBack(0), time.mayGoBack(599_999), time.mayGoBack(600_000)]).toEqual([true, true, false]);
  });

  it('may go back again when people gave more time', () => {
    const time = new MovingTime({ ...TERMS, laneUntil: 60_000 });
    time.extend(30, 90_000);

    expect([time.mayGoBack(119_999), time.mayGoBack(120_000)]).toEqual([true, false]);
  });

  it('may not go back where there is no lane, however much time people give', () => {
    const time = new MovingTime({ ...TERMS, laneUntil: 0 });
    time.extend(600, 1_000);

    expect(time.mayGoBack(2_000)).toBe(false);
  });

  it('may go back only until graver evidence closed the lane', () => {
    const time = new MovingTime({ ...TERMS, laneUntil: 300_000 });
    time.hurry({ ...TERMS, laneUntil: 0 }, 10_000);

    expect(time.mayGoBack(10_001)).toBe(false);
  });

  it('may go back until the lane ends as it is listed, unless graver evidence came since that was asked', () => {
    const time = new MovingTime({ ...TERMS, laneUntil: 0 });
    const { hurries } = time;
    time.asListed(60_000, hurries);
    const before = time.mayGoBack(59_999);
    time.hurry({ ...TERMS, laneUntil: 10_000 }, 5_000);

    time.asListed(60_000, hurries);

    expect([before, time.mayGoBack(9_999), time.mayGoBack(10_000)]).toEqual([true, true, false]);
  });
});
