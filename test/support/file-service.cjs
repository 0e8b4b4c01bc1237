// A service as people run them: it reads its value from a file when it begins and upon SIGHUP, and says in another file which version it uses.
const { appendFileSync, readFileSync, writeFileSync } = require('node:fs');
const { setInterval } = require('node:timers');

const [, , secretFile, usingFile, pidFile] = process.argv;

function read() {
  const { version } = JSON.parse(readFileSync(secretFile, 'utf8'));
  appendFileSync(`${usingFile}.reads`, `${version}\n`);
  writeFileSync(usingFile, `${version}\n`);
}

process.on('SIGHUP', read);
read();
writeFileSync(pidFile, `${process.pid}\n`);
setInterval(() => undefined, 60_000);
