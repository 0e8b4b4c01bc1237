import { publicIdSubject } from '../../../domain/subject';
import { Newcomers } from '../../../workers/dispatcher/newcomers';

const key = (n: number) => publicIdSubject('aws-access-key', `AKIA${n}`);

test('so many credentials nobody registered get an incident in an hour, and no more; known ones go on', () => {
  const newcomers = new Newcomers(2);
  newcomers.admit(key(1), 0);
  newcomers.admit(key(2), 1);

  expect(() => newcomers.admit(key(3), 2)).toThrow('CREDENTIAL_UNKNOWN');
  expect(() => newcomers.admit(key(1), 3)).not.toThrow();
  expect(() => newcomers.admit(key(3), 3_600_000)).not.toThrow();
  expect(() => newcomers.admit(key(4), 3_600_000)).toThrow('CREDENTIAL_UNKNOWN');
});
