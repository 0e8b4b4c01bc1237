import { linesOf, type Entry, type IntelFormat } from './format';

/**
 * One address or CIDR range a line, as most lists are published (FireHOL's .ipset and .netset among them). What follows `#` or `;` is for people, a number in a
 * second column says how many sources name it (stamparm/ipsum).
 */
export const plain: IntelFormat = { entries };

function* entries(text: string): Generator<Entry> {
  for (const line of linesOf(text)) {
    const [said = ''] = line.split(/[#;]/, 1);
    const [address = '', count] = said.trim().split(/[\s,]+/, 2);
    if (address === '') continue;
    yield count !== undefined && /^\d{1,6}$/.test(count) ? { address, sources: Number(count) } : { address };
  }
}
