import { createHmac } from 'node:crypto';
import { gitguardianFeed } from '../../../../api/leak-feeds/gitguardian';
import { hmslHash } from '../../../../api/leak-feeds/hmsl-hash';

const TOKEN = 'a signature token';
const NOW = 1_767_700_800_000;
const HASH = '05975add34ddc9a38a0fb57c7d3e676ffed57080516fc16bf8d8f14308fedb86';
const feed = gitguardianFeed(TOKEN);

function event(action: string, incident: object | null = { hmsl_hash: HASH, gitguardian_url: 'https://gg.test/1' }) {
  return Buffer.from(JSON.stringify({ source: 'GitGuardian', action, incident }));
}

/** As GitGuardian documents it: the key is the timestamp and the token joined, the message the raw body. */
function signed(body: Buffer, timestamp = String(NOW / 1000), token = TOKEN) {
  const signature = createHmac('sha256', timestamp + token)
    .update(body)
    .digest('hex');
  return { 'gitguardian-signature': `sha256=${signature}`, timestamp };
}

it('is believed under its signature, for a minute', async () => {
  const body = event('incident_triggered');
  const good = signed(body);

  expect(await feed.verify(good, body, NOW)).toBe(true);
  expect(await feed.verify(good, body, NOW + 59_000)).toBe(true);
  expect(await feed.verify(good, body, NOW + 61_000)).toBe(false);
  expect(await feed.verify(good, event('incident_reopened'), NOW)).toBe(false);
  expect(await feed.verify(signed(body, String(NOW / 1000), 'another'), body, NOW)).toBe(false);
  expect(await feed.verify({ ...good, timestamp: String(NOW / 1000 + 1) }, body, NOW)).toBe(false);
  for (const headers of [{}, { timestamp: 'now' }, { ...good, 'gitguardian-signature': 'sha256=' }])
    expect(await feed.verify(headers, body, NOW)).toBe(false);
});

it('is a finding where a value is found, and nothing where its incident is only worked on', () => {
  expect(feed.read(event('incident_triggered'))).toEqual([
    { secret: { hmsl: HASH }, type: 'unknown', place: 'https://gg.test/1' },
  ]);
  for (const done of ['incident_resolved', 'incident_ignored', 'incident_assigned', 'incident_severity_changed'])
    expect(feed.read(event(done))).toEqual([]);
  expect(feed.read(event('incident_triggered', null))).toEqual([]);
});

it('is another finding on another occasion, and the same when a delivery is tried again', () => {
  const told = (action: string, timestamp: string) =>
    feed.read(Buffer.from(JSON.stringify({ action, timestamp, incident: { hmsl_hash: HASH } })))[0]?.occasion;
  const occasions = [
    told('incident_triggered', '2026-01-06T12:00:00Z'),
    told('incident_regression', '2026-01-06T13:00:00Z'),
    told('new_occurrence', '2026-01-06T13:00:00Z'),
    told('new_occurrence', '2026-01-06T14:00:00Z'),
  ];

  expect(new Set(occasions).size).toBe(4);
  expect(told('new_occurrence', '2026-01-06T14:00:00Z')).toBe(occasions[3]);
});

/** Made with ggshield 1.56.1 (`ggshield.verticals.hmsl.crypto.hash_string`). */
it('names a value by the hash that ggshield forms', async () => {
  expect(await hmslHash('hjshnk5ex5u34565d4654HJKGjhz545d89sjkja')).toBe(
    'a05a702672fca3f7ee023f382a9ac61935fc6dcade4c5bda86a8b92dfdbf778b',
  );
});
