import { holds, withNew, without, withOld } from '../../../activities/providers/keycloak-slots';

const TWO = { current: 'new', rotated: 'old' };

test('a new secret stands in the first place, and the one before in the place that expires', () => {
  expect(withNew({ current: 'old' }, 'new')).toEqual(TWO);
  expect(withNew(TWO, 'third')).toBeUndefined();
});

test('one that is given back stands in the place that expires', () => {
  expect(withOld({ current: 'new' }, 'old')).toEqual(TWO);
  expect(withOld(TWO, 'third')).toBeUndefined();
});

test('one is taken away, and the other stays', () => {
  expect(without(TWO, 'old')).toEqual({ current: 'new' });
  expect(without(TWO, 'new')).toEqual({ current: 'old' });
  expect(without(TWO, 'neither')).toEqual(TWO);
});

test('the only one leaves a secret that nobody knows, which makes place for any other', () => {
  const none = without({ current: 'old' }, 'old');
  const again = without({ current: 'old' }, 'old');

  expect(none.current).toMatch(/^tourniquet-none-[\w-]{43}$/);
  expect(again.current).not.toBe(none.current);
  expect(holds(none, 'old')).toBe(false);
  expect(withNew(none, 'new')).toEqual({ current: 'new' });
  expect(withOld(none, 'old')).toEqual({ current: 'old' });
});

test('nobody’s secret stays where only the second is taken', () => {
  const none = without({ current: 'old' }, 'old');

  expect(withNew({ ...none, rotated: 'other' }, 'new')).toEqual({ current: 'new', rotated: 'other' });
});
