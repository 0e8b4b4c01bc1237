// Takes a picture of a page, for docs/images: `node scripts/screenshot.mjs URL FILE [HEIGHT]`. The pictures in the docs are of a
// `npm run demo` that stays up.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const [url, file, height = '900'] = process.argv.slice(2);
const programs = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = programs.find((program) => existsSync(program));
if (!url || !file || !executablePath) {
  process.stderr.write('usage: node scripts/screenshot.mjs URL FILE [HEIGHT], with Chromium installed\n');
  process.exit(2);
}
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-background-networking'] });
const page = await browser.newPage({ viewport: { width: 1400, height: Number(height) } });
await page.goto(url, { waitUntil: 'networkidle' });
await page.waitForTimeout(2_000);
await page.screenshot({ path: file });
await browser.close();
