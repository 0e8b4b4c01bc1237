import { writeFileSync } from 'node:fs';
import { IncidentError } from '../../../domain/errors';
import { readChannels } from '../../../workers/channels';
import { temporaryFolder } from '../../support/temporary-folder';

const LOG = [{ notifier: 'console', target: '' }];
const THREE = { engineering: LOG, security: LOG, product: LOG };
const NOTIFIERS = new Map([
  ['console', { targetFault: () => undefined }],
  ['chat', { targetFault: (target: string) => (target === 'good' ? undefined : 'is no good') }],
]);

describe('the channels of the audiences', () => {
  const folder = temporaryFolder();

  it('have the targets that stand in files', () => {
    const file = `${folder.path}/target`;
    writeFileSync(file, 'good\n');

    const audiences = readChannels({ ...THREE, 'on-call': [{ notifier: 'chat', targetFile: file }] }, NOTIFIERS);

    expect(audiences).toEqual({ ...THREE, 'on-call': [{ notifier: 'chat', target: 'good' }] });
  });

  it('are refused, all faults at once, where nobody could be reached by one', () => {
    const audiences = {
      ...THREE,
      security: [
        { notifier: 'chat', target: 'canary-target' },
        { notifier: 'fax', target: 'good' },
        { notifier: 'chat', targetFile: `${folder.path}/absent` },
      ],
    };

    const read = () => readChannels(audiences, NOTIFIERS);

    expect(read).toThrow(IncidentError);
    try {
      read();
    } catch (error) {
      expect((error as IncidentError).fields).toEqual({
        faults: [
          'audiences.security.0: its target is no good',
          'audiences.security.1: names no notifier that there is',
          'audiences.security.2: names no readable file',
        ],
      });
    }
  });
});
