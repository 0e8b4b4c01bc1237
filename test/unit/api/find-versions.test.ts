import { createFindVersions } from '../../../api/find-versions';
import { IncidentError } from '../../../domain/errors';
import { fingerprintSubject, publicIdSubject } from '../../../domain/subject';
import { sampleVersion } from '../../support/sample-credential';

const value = (letter: string) => fingerprintSubject('k', letter.repeat(64));
const KEY_ID = publicIdSubject('aws-access-key', 'AKIAIOSFODNN7EXAMPLE');
const [BY_ID, FIRST, SECOND] = [1, 2, 3].map((version) => sampleVersion({ version })) as [
  ReturnType<typeof sampleVersion>,
  ReturnType<typeof sampleVersion>,
  ReturnType<typeof sampleVersion>,
];

function find(failing = false) {
  return createFindVersions(
    { findBySubject: (subject) => Promise.resolve(subject === KEY_ID ? BY_ID : undefined) },
    {
      find: (hash) => {
        if (failing && hash === value('a')) return Promise.reject(new IncidentError('BACKEND_UNAVAILABLE', {}));
        return Promise.resolve(hash === value('b') ? [FIRST, SECOND] : []);
      },
    },
    (subjects) => Promise.resolve(subjects.includes(value('d')) ? [value('e'), KEY_ID] : []),
  );
}

it('finds all that share a value, and says where an id alone was found beside a value that is not ours', async () => {
  expect(await find()([KEY_ID, value('b')])).toEqual({ versions: [FIRST, SECOND], byIdOnly: false });
  expect(await find()([KEY_ID, value('c')])).toEqual({ versions: [BY_ID], byIdOnly: true });
  expect(await find()([KEY_ID])).toEqual({ versions: [BY_ID], byIdOnly: false });
  expect(await find()([value('c')])).toEqual({ versions: [], byIdOnly: false });
});

it('looks for every form of what was found before it says that it can not tell', async () => {
  expect(await find(true)([value('a'), value('b')])).toMatchObject({ versions: [FIRST, SECOND] });
  await expect(find(true)([value('a'), value('c')])).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
});

it('finds what a token was derived from: that is what can be answered', async () => {
  expect(await find()([value('d')])).toEqual({ versions: [BY_ID], byIdOnly: false });
});
