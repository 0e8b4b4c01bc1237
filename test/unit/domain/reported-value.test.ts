import { subjectsOfReported } from '../../../domain/reported-value';
import { fingerprintSubject, publicIdSubject } from '../../../domain/subject';
import { createHash } from 'node:crypto';

const of = (value: string) => fingerprintSubject('k', createHash('sha256').update(value).digest('hex'));
const subjectsOf = (found: string) => subjectsOfReported(found, (value) => [of(value)]);

it('knows a value as it is, within a connection string, beside an id, and by an id', () => {
  const secret = 'a'.repeat(40);
  const id = publicIdSubject('aws-access-key', 'AKIAIOSFODNN7EXAMPLE');

  expect(subjectsOf('plain')).toEqual([of('plain')]);
  expect(subjectsOf('postgres://u:p%2Fw@db/x')).toEqual([of('postgres://u:p%2Fw@db/x'), of('p/w')]);
  expect(subjectsOf('postgres://u:p@h1:5432,h2:5432/db')).toContain(of('p'));
  expect(subjectsOf('redis://:a/b#c@h:6379')).toContain(of('a/b#c'));
  expect(subjectsOf('jdbc:postgresql://h/db?user=u&password=p%25w')).toContain(of('p%w'));
  expect(subjectsOf('https://example.com/')).toEqual([of('https://example.com/')]);
  expect(subjectsOf(`AKIAIOSFODNN7EXAMPLE:${secret}`)).toEqual([id, of(`AKIAIOSFODNN7EXAMPLE:${secret}`), of(secret)]);
  expect(subjectsOf('key = AKIAIOSFODNN7EXAMPLE')).toContain(id);
});
