import type { ListReport } from '../../../activities/intel';
import { renderLists } from '../../../cli/render-lists';

it('shows what was left out, by the reason', () => {
  const list: ListReport = {
    ...{ name: 'bad', says: 'hostile', trust: 'medium', networks: 7, confirmedAt: 0, until: 0 },
    leftOut: { 'no-address': 3, 'too-broad': 1 },
  };

  expect(renderLists([list])).toMatch(/bad.*hostile.*medium.*7.*no-address: 3.*never[^]*too-broad: 1/);
});
