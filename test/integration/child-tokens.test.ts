import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { fetch } from 'undici';
import { createApiKeyStore } from '../../activities/store/api-keys';
import { createChildTokenStore, FORGOTTEN_AT_ONCE } from '../../activities/store/child-tokens';
import { warmUp } from '../../activities/store/database';
import { createInventory } from '../../activities/store/inventory';
import { createLeakReportStore } from '../../activities/store/leak-reports';
import { createTokenStore } from '../../activities/store/token-store';
import { MOST_FAILURES } from '../../api/authenticate';
import { createApi } from '../../api/server';
import { MOST_DERIVATIONS } from '../../api/token-routes';
import { MOST_LIVING_CHILDREN } from '../../domain/child-token-limits';
import { IncidentError } from '../../domain/errors';
import { fingerprints } from '../../domain/fingerprint';
import { partitionOf, type Subject } from '../../domain/subject';
import { formatToken } from '../../domain/token-format';
import type { UsageBatch } from '../../domain/usage-event';
import { USAGE_STREAM } from '../../workers/detection/streams';
import { TEST_PARTITIONS } from '../support/api-parts';
import { eventually } from '../support/eventually';
import { TEST_FINGERPRINT_KEYS } from '../support/fingerprint-keys';
import { isolatedApi, type IsolatedApi } from '../support/isolated-api';
import { recordedLog } from '../support/recorded-log';
import { sampleCredential, sampleVersion } from '../support/sample-credential';
import { findSecrets } from '../support/secret-scan';

const { log, lines } = recordedLog();
const secrets: string[] = [];

let api: IsolatedApi;
let nextId = 1;

beforeAll(async () => {
  api = await isolatedApi('child-tokens', { log });
  await eventually(
    () => api.parts.denylist(),
    (answer) => answer !== undefined,
  );
});

afterAll(async () => {
  expect(findSecrets(lines, secrets)).toEqual([]);
  await api.stop();
});

/** A token that its issuer knows as good. */
async function issue(expiresAt?: number) {
  const token = formatToken(randomBytes);
  const publicId = `tqt_parent-${nextId++}`;
  const subjects = fingerprints(token, TEST_FINGERPRINT_KEYS);
  await createTokenStore(api.database).insert(subjects[0], {
    publicId,
    principal: 'reports',
    scopes: ['reports:read', 'orders:read'],
    state: 'active',
    ...(expiresAt === undefined ? {} : { expiresAt }),
  });
  secrets.push(token);
  return { token, publicId, subjects };
}

const WISH = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  scope: 'orders:read',
};

async function ask(token: string, options: { readonly json?: true; readonly more?: Record<string, string> } = {}) {
  const wish = { ...WISH, subject_token: token, ...options.more };
  const sent = options.json
    ? { body: JSON.stringify(wish), headers: { 'content-type': 'application/json' } }
    : { body: new URLSearchParams(wish) };
  const response = await fetch(`${api.url}/v1/token`, { method: 'POST', ...sent });
  const body = (await response.json()) as Record<string, unknown>;
  if (typeof body['access_token'] === 'string') secrets.push(body['access_token']);
  return { status: response.status, headers: response.headers, body };
}

/** The last that the detectors were told in the partition of a subject. */
async function lastUses(subject: Subject) {
  const manager = await jetstreamManager(api.nats);
  const partition = partitionOf(subject, TEST_PARTITIONS);
  const last = await manager.streams.getMessage(USAGE_STREAM, { last_by_subj: `usage.${partition}` });
  return last?.json<UsageBatch>().events;
}

describe('the store of child tokens', () => {
  const child = (parent: Awaited<ReturnType<typeof issue>>, seconds = 60) => {
    const token = formatToken(randomBytes);
    const [fingerprint] = fingerprints(token, TEST_FINGERPRINT_KEYS);
    const publicId = `tqt_child-${nextId++}`;
    return {
      fingerprint,
      publicId,
      parent: parent.publicId,
      parentSubjects: parent.subjects,
      scopes: ['orders:read'],
      seconds,
    };
  };
  const keep = (one: ReturnType<typeof child>) => createChildTokenStore(api.database).keep(one);
  const find = (one: ReturnType<typeof child>) => createTokenStore(api.database).find([one.fingerprint]);
  const count = async (parent: string) =>
    (await api.database.query('SELECT 1 FROM child_tokens WHERE parent = $1', [parent])).rowCount;

  it('keeps one that is found with its parent’s principal and state, and by no public id', async () => {
    const parent = await issue();
    const one = child(parent);
    const from = Date.now();

    expect(await keep(one)).toEqual({ livesSeconds: 60 });

    const found = await find(one);
    expect(found).toEqual({
      publicId: one.publicId,
      principal: 'reports',
      scopes: ['orders:read'],
      state: 'active',
      expiresAt: expect.any(Number) as number,
      parentSubjects: [...parent.subjects],
    });
    expect(Math.abs((found?.expiresAt ?? 0) - from - 60_000)).toBeLessThan(5_000);
    expect(await createTokenStore(api.database).findByPublicId(one.publicId)).toBeUndefined();
    await createTokenStore(api.database).setState(parent.publicId, 'revoked');
    expect(await find(one)).toMatchObject({ state: 'revoked' });
  });

  it('ends one with its parent, and derives from none that is over or ended', async () => {
    const ends = Date.now() + 30_000;
    const [bounded, over, revoked] = [await issue(ends), await issue(Date.now()), await issue()];
    await createTokenStore(api.database).setState(revoked.publicId, 'revoked');
    const one = child(bounded);

    const kept = await keep(one);

    expect(kept).toHaveProperty('livesSeconds');
    expect(typeof kept === 'object' && kept.livesSeconds <= 30).toBe(true);
    expect((await find(one))?.expiresAt).toBe(ends);
    expect([await keep(child(over)), await keep(child(revoked))]).toEqual(['dead', 'dead']);
    expect([await count(over.publicId), await count(revoked.publicId)]).toEqual([0, 0]);
  });

  it('lets no more of one parent live than may, however many come at once, and forgets those that are over', async () => {
    const [parent, other] = [await issue(), await issue()];
    await api.database.query(
      `INSERT INTO child_tokens (fingerprint, public_id, parent, parent_subjects, scopes, expires_at)
       SELECT $1 || n, $1 || n, $1, '{x}', '[]', now() + interval '1 minute' FROM generate_series(1, $2::int) n`,
      [parent.publicId, MOST_LIVING_CHILDREN - 2],
    );

    // Connections that are there already: else they come one after the other.
    await warmUp(api.database, 10);
    const kept = await Promise.all(Array.from({ length: 30 }, () => keep(child(parent))));

    expect(kept.filter((one) => one === 'full')).toHaveLength(28);
    expect([await count(parent.publicId), await keep(child(other))]).toEqual([
      MOST_LIVING_CHILDREN,
      { livesSeconds: 60 },
    ]);
    expect(await ask(parent.token)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    // The token that was shown is good: nothing was refused to it.
    const [subject] = parent.subjects;
    expect(await lastUses(subject)).toMatchObject([{ subject, outcome: 'accepted' }]);
    await api.database.query('UPDATE child_tokens SET expires_at = now() WHERE parent = $1', [parent.publicId]);
    expect(await keep(child(parent))).toEqual({ livesSeconds: 60 });
    expect(await count(parent.publicId)).toBe(MOST_LIVING_CHILDREN + 1);
    await api.database.query(`UPDATE child_tokens SET expires_at = now() - interval '2 days' WHERE parent = $1`, [
      parent.publicId,
    ]);
    expect(await keep(child(other))).toEqual({ livesSeconds: 60 });
    expect(await count(parent.publicId)).toBe(0);
  });

  it('forgets some at a time, and keeps nobody waiting meanwhile who derives from another', async () => {
    const [parent, other] = [await issue(), await issue()];
    await api.database.query(
      `INSERT INTO child_tokens (fingerprint, public_id, parent, parent_subjects, scopes, expires_at)
       SELECT $1 || n, $1 || n, $1, '{x}', '[]', now() - interval '2 days' FROM generate_series(1, $2::int) n`,
      [parent.publicId, FORGOTTEN_AT_ONCE + 1],
    );
    // Of which another transaction holds the fingerprint, so that it has forgotten, and is not yet kept.
    const held = child(parent);
    const holder = await api.database.connect();
    await holder.query('BEGIN');
    await holder.query(
      `INSERT INTO child_tokens (fingerprint, public_id, parent, parent_subjects, scopes, expires_at)
       VALUES ($1, 'held', $2, '{x}', '[]', now())`,
      [held.fingerprint, parent.publicId],
    );
    const waiting = keep(held);
    await eventually(
      () =>
        api.database.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        ),
      ({ rowCount }) => rowCount === 1,
    );

    const kept = keep(child(other));
    const first = await Promise.race([kept, delay(2_000, 'still waiting')]);
    await holder.query('ROLLBACK');
    holder.release();

    expect([first, await kept, await waiting]).toEqual(Array(3).fill({ livesSeconds: 60 }));
    expect(await count(parent.publicId)).toBe(2);
  });

  it('lets one do no more than its parent may by now', async () => {
    const parent = await issue();
    const one = child(parent);
    await keep(one);
    const before = await find(one);

    await api.database.query(`UPDATE api_tokens SET scopes = '["reports:read"]' WHERE public_id = $1`, [
      parent.publicId,
    ]);

    expect([before?.scopes, (await find(one))?.scopes]).toEqual([['orders:read'], []]);
  });
});

describe('POST /v1/token', () => {
  it('gives whoever holds a token another one, without a key, and tells the detectors of it', async () => {
    const parent = await issue();

    const { status, headers, body } = await ask(parent.token, { more: { expires_in: '60' } });

    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 60, scope: 'orders:read' });
    const subjects = fingerprints(String(body['access_token']), TEST_FINGERPRINT_KEYS);
    expect(await createTokenStore(api.database).find(subjects)).toMatchObject({ scopes: ['orders:read'] });
    const [subject] = parent.subjects;
    expect(await lastUses(subject)).toMatchObject([
      { subject, outcome: 'accepted', source: 'token-exchange', client: { address: '127.0.0.1' } },
    ]);
  });

  it('takes nothing but a form, and says so as other routes do', async () => {
    const answer = await ask((await issue()).token, { json: true });

    expect(answer).toMatchObject({ status: 415, body: { code: 'REQUEST_INVALID' } });
    const nothing = await fetch(`${api.url}/v1/token`, { method: 'POST' });
    expect([nothing.status, await nothing.json()]).toMatchObject([400, { error: 'invalid_request' }]);
  });

  it('answers a leak of the new token by the one that it was derived from', async () => {
    const parent = await issue();
    const credential = sampleCredential({ id: 'reports-token', provider: 'api-token' });
    // Revoked, so that nothing is started: what counts is that it was known.
    const version = sampleVersion({ credentialId: credential.id, state: 'revoked', subjects: [parent.subjects[0]] });
    await createInventory(api.database).register(credential, version);
    const { body } = await ask(parent.token);
    const key = await createApiKeyStore(api.database).issue('scanner', 'responder');

    await fetch(`${api.url}/v1/leak-reports`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ token: body['access_token'], source: 'a public repository' }),
    });
    await eventually(
      () => createLeakReportStore(api.database).open(),
      (open) => open.length === 0,
    );

    const { rows } = await api.database.query<{ outcome: string }>('SELECT outcome FROM leak_reports');
    expect(rows).toEqual([{ outcome: 'dead' }]);
  });

  it('keeps of a leak of the new token whose it was: it may have ended by the time that anybody can act', async () => {
    const parent = await issue();
    const { body } = await ask(parent.token);
    const key = await createApiKeyStore(api.database).issue('other-scanner', 'responder');

    await fetch(`${api.url}/v1/leak-reports`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ token: body['access_token'], source: 'another repository' }),
    });

    const { rows } = await api.database.query<{ subjects: string[] }>(
      `SELECT subjects FROM leak_reports WHERE source = 'another repository'`,
    );
    expect(rows[0]?.subjects).toEqual(expect.arrayContaining([parent.subjects[0]]));
  });

  it('lets nobody derive from one token for long', async () => {
    const [parent, other] = [await issue(), await issue()];
    for (let count = 0; count < MOST_DERIVATIONS.max; count += 50)
      await Promise.all(Array.from({ length: 50 }, () => ask(parent.token)));

    expect(await ask(parent.token)).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
    expect(await ask(other.token)).toMatchObject({ status: 200 });
  });

  it('lets nobody try values for long', async () => {
    const parent = await issue();
    const tries = Array.from({ length: MOST_FAILURES.max }, () => ask(formatToken(randomBytes)));
    await Promise.all(tries);

    const limited = await ask(formatToken(randomBytes));

    expect(limited).toMatchObject({ status: 429, body: { code: 'RATE_LIMITED' } });
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
    // Whoever holds one is not limited by those beside it.
    expect((await ask(parent.token)).status).toBe(200);
  });

  it.each([
    ['leaves none behind that nobody was given', {}, 0, 'a token that was derived is removed'],
    [
      'says which one it could not remove that nobody was given',
      { forget: () => Promise.reject(new Error('away')) },
      1,
      'could not be removed',
    ],
  ])('%s, when its use can not be stored', async (_case, store, left, said) => {
    const parent = await issue();
    const storeUsage = () => Promise.reject(new IncidentError('BACKEND_UNAVAILABLE', {}));
    const childTokens = { ...createChildTokenStore(api.database), ...store };
    const deaf = createApi({ ...api.parts, childTokens, storeUsage });
    const at = await deaf.listen({ host: '127.0.0.1', port: 0 });

    const answer = await fetch(`${at}/v1/token`, {
      method: 'POST',
      body: new URLSearchParams({ ...WISH, subject_token: parent.token }),
    });
    await deaf.close();

    expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'BACKEND_UNAVAILABLE' }]);
    const { rowCount } = await api.database.query('SELECT 1 FROM child_tokens WHERE parent = $1', [parent.publicId]);
    expect(rowCount).toBe(left);
    expect(lines.filter((line) => line.includes(said))).toHaveLength(1);
  });

  it('makes none while nobody can say what is refused', async () => {
    const parent = await issue();
    await api.natsServer.stop();

    const stale = await eventually(
      () => ask(parent.token),
      ({ body }) => body['code'] === 'DENYLIST_STALE',
    );
    await api.natsServer.start();

    expect([stale.status, stale.headers.get('retry-after')]).toEqual([503, '1']);
    const back = await eventually(
      () => ask(parent.token),
      ({ status }) => status === 200,
    );
    expect(back.status).toBe(200);
  });
});
