import type { DenylistEntry } from '../../../domain/denylist';
import { lift } from '../../../domain/lift';
import { publicIdSubject } from '../../../domain/subject';
import { createDenylistMap } from '../../../enforcement/denylist-map';
import { sampleRefusal } from '../../support/sample-refusal';

const SUBJECT = publicIdSubject('test', 'a');
const lane = (networks: string[], laneUntil?: number): DenylistEntry =>
  sampleRefusal(SUBJECT, {
    mode: 'known-contexts-only',
    allow: [{ id: 'office', networks }],
    ...(laneUntil === undefined ? {} : { laneUntil }),
  });
const denied: DenylistEntry = { ...lane([]), mode: 'deny-all', allow: [] };

describe('the denylist in process', () => {
  it('holds the tighter of two sources, whichever speaks last', () => {
    const [first, second] = [createDenylistMap(), createDenylistMap()];

    for (const entry of [denied, lane(['10.0.0.0/8'])]) first.join(entry);
    for (const entry of [lane(['10.0.0.0/8']), denied]) second.join(entry);

    for (const map of [first, second]) expect(map.check(SUBJECT, '10.0.0.1', 1)).toMatchObject({ why: 'denied' });
    expect(first.size()).toBe(1);
  });

  it('narrows a lane to what both sources allow, and to the earlier end', () => {
    const map = createDenylistMap();
    map.join(lane(['10.0.0.0/8'], 200));
    map.join(lane(['10.1.0.0/16'], 300));

    expect(map.check(SUBJECT, '10.1.0.1', 199)).toEqual({ refused: false, lane: 'office', laneUntil: 200 });
    expect(map.check(SUBJECT, '10.2.0.1', 199)).toMatchObject({ why: 'unknown-context' });
    expect(map.check(SUBJECT, '10.1.0.1', 200)).toMatchObject({ why: 'lane-closed' });
  });

  it('tells what became tighter, once, and not what was known', () => {
    const map = createDenylistMap();
    const told: string[] = [];
    map.onChanged(({ mode }) => told.push(mode));

    for (const entry of [lane(['10.0.0.0/8']), lane(['10.0.0.0/8']), denied, lane(['10.0.0.0/8'])]) map.join(entry);

    expect(told).toEqual(['known-contexts-only', 'deny-all']);
  });

  it('refuses to everybody what allows networks that can not be read, and tells so', () => {
    const map = createDenylistMap();
    const told: string[] = [];
    map.onChanged(({ subject }) => told.push(subject));

    expect(() => map.join(lane(['nonsense']))).toThrow();

    expect([map.check(SUBJECT, '10.0.0.1', 1).refused, told]).toEqual([true, [SUBJECT]]);
  });

  it('forgets a refusal that was lifted, whatever older sources say, and keeps the mark', () => {
    const map = createDenylistMap();
    map.join(denied);
    const lifted = lift(denied, { ...denied, at: 500 });

    map.join(lifted);
    map.join(denied);

    expect(map.check(SUBJECT, '10.0.0.1', 600)).toEqual({ refused: false });
    expect([map.size(), map.entries()]).toEqual([0, [lifted]]);
  });

  it('refuses again what is refused after the lift, also by a source that lost the mark', () => {
    const [told, restarted] = [createDenylistMap(), createDenylistMap()];
    const lifted = lift(denied, { ...denied, at: 500 });
    for (const map of [told, restarted]) map.join(lifted);

    told.join({ ...denied, since: 600, epoch: 1, liftedAt: 500 });
    restarted.join({ ...denied, since: 600 });

    for (const map of [told, restarted]) expect(map.check(SUBJECT, '10.0.0.1', 601)).toMatchObject({ why: 'denied' });
  });

  it('closes a lane of its own accord, tells so, and holds it against what others say, until it is lifted', () => {
    const map = createDenylistMap();
    const told: string[] = [];
    map.join(lane(['10.0.0.0/8']));
    map.onChanged(({ mode }) => told.push(mode));

    map.closeLane(SUBJECT, 'breached');
    map.join(lane(['10.0.0.0/8'], 900));

    expect(map.check(SUBJECT, '10.0.0.1', 1)).toMatchObject({ why: 'denied' });
    expect(told[0]).toBe('deny-all');
    // What is kept over a restart refuses as well.
    const restarted = createDenylistMap();
    for (const entry of map.entries()) restarted.join(entry);
    expect(restarted.check(SUBJECT, '10.0.0.1', 1)).toMatchObject({ why: 'denied' });
    map.join(lift(denied, { ...denied, at: 500 }));
    map.closeLane(SUBJECT, 'late');
    expect(map.check(SUBJECT, '10.0.0.1', 600)).toEqual({ refused: false });
  });

  it('tells how narrow a lane is, by the narrower of two sources', () => {
    const map = createDenylistMap();
    const allow = [{ id: 'office', networks: ['10.0.0.0/8'], endpoints: ['GET /a', 'GET /b'] }];
    map.join({ ...lane([]), allow, lane: { maxPerMinute: 600 } });
    map.join({ ...lane(['10.0.0.0/8']), lane: { maxPerMinute: 60 } });
    map.join({ ...lane([]), allow: [{ ...allow[0]!, endpoints: ['GET /b', 'GET /c'] }] });

    expect(map.check(SUBJECT, '10.0.0.1', 1)).toEqual({
      refused: false,
      lane: 'office',
      maxPerMinute: 60,
      endpoints: ['GET /b'],
    });
  });
});
