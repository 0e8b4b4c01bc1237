import { pino } from 'pino';
import { IncidentError } from '../../../domain/errors';
import type { IntelList } from '../../../domain/intel';
import { AddressSet } from '../../../intel/address-set';
import { networkWords } from '../../../intel/network-words';
import { IntelContents } from '../../../workers/detection/intel-contents';

const log = pino({ level: 'silent' });

function list(content: string): IntelList {
  return { name: `list-${content}`, content, says: 'hostile', trust: 'medium', until: 1 };
}

function setOf(address: string): AddressSet {
  const words = networkWords(address);
  if (typeof words === 'string') throw new Error(words);
  return AddressSet.of([{ ...words, until: 0, sources: 1 }]);
}

function contents() {
  const asked: string[] = [];
  const find = (_name: string, content: string): Promise<AddressSet> => {
    asked.push(content);
    if (content === 'gone') return Promise.reject(new IncidentError('INTEL_LIST_MISSING', {}));
    if (content === 'away') return Promise.reject(new Error('NATS is away'));
    return Promise.resolve(setOf('198.51.100.7'));
  };
  return { asked, held: new IntelContents(find, log) };
}

test('a content that several partitions need is loaded once, and let go with the last of them', async () => {
  const { asked, held } = contents();
  await Promise.all([held.load(0, [list('a')]), held.load(1, [list('a')])]);
  held.keep(0, [list('a')]);
  held.keep(1, [list('a')]);

  held.keep(0, []);
  expect(held.ask('a', '198.51.100.7', 0)).toBeDefined();
  held.keep(1, []);

  expect(held.ask('a', '198.51.100.7', 0)).toBeUndefined();
  expect(asked).toEqual(['a']);
});

test('what a partition has loaded and not folded yet, no other lets go', async () => {
  const { held } = contents();
  await held.load(0, [list('a')]);

  held.keep(1, []);

  expect(held.ask('a', '198.51.100.7', 0)).toBeDefined();
});

test('a content that is gone is named, and one that is only away is asked for again', async () => {
  const { asked, held } = contents();

  await expect(held.load(0, [list('gone')])).resolves.toMatchObject({ code: 'INTEL_LIST_MISSING' });
  await expect(held.load(0, [list('away')])).rejects.toThrow('away');
  await expect(held.load(0, [list('away')])).rejects.toThrow('away');
  expect(asked).toEqual(['gone', 'away', 'away']);
});

test('a snapshot that names what is gone is gone on with', async () => {
  const { held } = contents();

  await held.loadAgain(0, [list('gone'), list('a')]);

  expect(held.ask('a', '198.51.100.7', 0)).toBeDefined();
});
