import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SignJWT, type JWTPayload } from 'jose';
import { createApprovalDesk } from '../../activities/store/approval-desk';
import { createCheckpointFile } from '../../activities/store/audit-checkpoints';
import { createAuditLog } from '../../activities/store/audit-log';
import { createContainmentStore } from '../../activities/store/containment-store';
import { openDatabase, type Database } from '../../activities/store/database';
import { createInventory } from '../../activities/store/inventory';
import { createMovingTimeStore } from '../../activities/store/moving-time';
import { createPostgresStore } from '../../activities/store/secret-stores/postgres';
import { createTokenStore } from '../../activities/store/token-store';
import { signApproval } from '../../api/sign-approval';
import { APPROVAL_LIFETIME_SECONDS, detailText, type ApprovalRefusal, type ApprovalScope } from '../../domain/approval';
import { sameRefusal, tighten, type DenylistEntry } from '../../domain/denylist';
import type { AuditEvent } from '../../domain/ports/stores';
import { parseSubject, publicIdSubject } from '../../domain/subject';
import { issueFirstVersion } from '../../activities/issue-first-version';
import { freshDatabase, type FreshDatabase } from '../support/fresh-database';
import { integrationStack } from '../support/integration-stack';
import { testSecretStore } from '../support/orders-server';
import { migrate } from '../../activities/store/migrate';
import { sampleCredential, sampleVersion, secretRef } from '../support/sample-credential';
import { findSecrets } from '../support/secret-scan';

let fresh: FreshDatabase;
let database: Database;
let nextId = 1;

beforeAll(async () => {
  fresh = await freshDatabase(integrationStack().postgres.adminUrl);
  await migrate(fresh.url);
  // The superuser of the server: it can change what the product's own role never would.
  database = openDatabase(fresh.url, { applicationName: 'stores' });
});

afterEach(() => {
  expect([database.waitingCount, database.totalCount - database.idleCount]).toEqual([0, 0]);
});

afterAll(async () => {
  await database.end();
  await fresh.drop();
});

const newId = () => `credential-${nextId++}`;

describe('the secret store', () => {
  it('keeps no value readable at rest', async () => {
    const ref = secretRef(newId(), 1);
    const value = `canary-${randomBytes(16).toString('hex')}`;

    await testSecretStore(database).putIfAbsent(ref, value);

    const rows = await database.query('SELECT * FROM secrets WHERE path = $1', [ref.path]);
    expect(rows.rowCount).toBe(1);
    expect(findSecrets(rows.rows, [value])).toEqual([]);
    expect(await testSecretStore(database).get(ref)).toBe(value);
  });

  it('keeps the first value, whoever writes at once', async () => {
    const store = testSecretStore(database);
    const ref = secretRef(newId(), 1);

    const results = await Promise.all(Array.from({ length: 20 }, (_, n) => store.putIfAbsent(ref, `value-${n}`)));
    const value = await store.get(ref);

    expect(results.filter((result) => result === 'stored')).toHaveLength(1);
    expect(value).toBe(`value-${results.indexOf('stored')}`);
  });

  it('refuses values that were swapped between their places', async () => {
    const store = testSecretStore(database);
    const [one, other] = [secretRef(newId(), 1), secretRef(newId(), 1)];
    await store.putIfAbsent(one, 'value-of-one');
    await store.putIfAbsent(other, 'value-of-other');

    await database.query(
      `UPDATE secrets s SET nonce = o.nonce, ciphertext = o.ciphertext, tag = o.tag
       FROM secrets o WHERE s.path = $1 AND o.path = $2`,
      [one.path, other.path],
    );

    const error: unknown = await store.get(one).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'SECRET_UNREADABLE' });
    expect(findSecrets(error, ['value-of'])).toEqual([]);
  });

  it('says SECRET_UNREADABLE with another key, and SECRET_NOT_FOUND of none', async () => {
    const ref = secretRef(newId(), 1);
    await testSecretStore(database).putIfAbsent(ref, 'value');
    const otherKey = createPostgresStore(database, { id: 'test', key: randomBytes(32) });

    await expect(otherKey.get(ref)).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
    await expect(otherKey.get(secretRef('nobody', 1))).rejects.toMatchObject({ code: 'SECRET_NOT_FOUND' });
  });

  it('destroys', async () => {
    const store = testSecretStore(database);
    const ref = secretRef(newId(), 1);
    await store.putIfAbsent(ref, 'value');

    await store.destroy(ref);

    await expect(store.get(ref)).rejects.toMatchObject({ code: 'SECRET_NOT_FOUND' });
  });
});

describe('the inventory', () => {
  async function registered(): Promise<string> {
    const id = newId();
    const subjects = [publicIdSubject('postgres-role', `orders/${id}`)];
    const version = sampleVersion({ credentialId: id, subjects });
    await createInventory(database).register(sampleCredential({ id, principal: id }), version);
    return id;
  }

  it('reserves one version for one step, however often it is asked at once', async () => {
    const inventory = createInventory(database);
    const id = await registered();
    const keys = ['run/a', 'run/b', 'run/c'];

    const reserved = await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        inventory.reserveVersion(id, keys[n % 3] ?? '', 'postgres').then(({ version }) => version),
      ),
    );

    const ofKey = keys.map((_, k) => [...new Set(reserved.filter((_version, n) => n % 3 === k))]);
    expect(ofKey.map((versions) => versions.length)).toEqual([1, 1, 1]);
    expect(ofKey.flat().sort()).toEqual([2, 3, 4]);
  });

  it('never takes a version back from revoked', async () => {
    const inventory = createInventory(database);
    const id = await registered();
    const version = await inventory.version(id, 1);
    await inventory.setState(id, 1, 'revoked');

    await inventory.setState(id, 1, 'live');
    await inventory.saveVersion({ ...version, state: 'live' });
    await inventory.register(sampleCredential({ id, principal: id }), version);

    expect((await inventory.version(id, 1)).state).toBe('revoked');
  });

  it('knows of a revoked version whether it was proven dead, until it works again', async () => {
    const inventory = createInventory(database);
    const id = await registered();
    const isProven = async () => (await inventory.version(id, 1)).provenDead;
    await inventory.setState(id, 1, 'revoked');

    const seen = [await isProven()];
    for (const proven of [true, true, false]) {
      await inventory.setProvenDead(id, 1, proven);
      seen.push(await isProven());
    }

    expect(seen).toEqual([undefined, true, true, undefined]);
  });

  it('takes a version back from quarantined only by a release, and counts it', async () => {
    const inventory = createInventory(database);
    const [lifted, revoked] = [await registered(), await registered()];
    const releasesOf = async (id: string) =>
      (await inventory.records()).find(({ credentialId }) => credentialId === id)?.releases;
    for (const id of [lifted, revoked]) await inventory.setState(id, 1, 'quarantined');
    await inventory.setState(revoked, 1, 'revoked');

    await inventory.setState(lifted, 1, 'live');
    const before = (await inventory.version(lifted, 1)).state;
    for (const id of [lifted, lifted, revoked]) await inventory.release(id, 1);

    expect([before, (await inventory.version(lifted, 1)).state]).toEqual(['quarantined', 'live']);
    expect((await inventory.version(revoked, 1)).state).toBe('revoked');
    expect([await releasesOf(lifted), await releasesOf(revoked)]).toEqual([1, undefined]);
  });

  it('keeps what a version has become when its credential is registered again', async () => {
    const inventory = createInventory(database);
    const id = await registered();
    await inventory.setState(id, 1, 'quarantined');
    const before = await inventory.version(id, 1);

    await inventory.register(
      sampleCredential({ id, principal: id }),
      sampleVersion({ credentialId: id, publicId: '', state: 'pending' }),
    );

    expect(await inventory.version(id, 1)).toEqual(before);
  });

  it('issues the first version once, and leaves it alone after that', async () => {
    const inventory = createInventory(database);
    const credential = sampleCredential({ id: newId() });
    let minted = 0;
    const provider = {
      createReplacement: () => {
        minted += 1;
        const subjects = [publicIdSubject('postgres-role', `orders/${credential.id}`)];
        const value = { publicId: `${credential.id}_v1`, subjects, secret: secretRef(credential.id, 1) };
        return Promise.resolve({ state: 'done', value, evidence: '' });
      },
      test: () => Promise.resolve({ state: 'done', value: undefined, evidence: '' }),
    };
    const deps = {
      inventory,
      providers: new Map([['postgres-role', provider]]),
      projection: { write: () => Promise.resolve() },
      stores: { byDefault: 'postgres', all: ['postgres'] },
    } as unknown as Parameters<typeof issueFirstVersion>[0];
    const first = await issueFirstVersion(deps, credential);
    await inventory.setState(credential.id, 1, 'revoked');

    const again = await issueFirstVersion(deps, credential);

    expect([first.state, again.state, minted]).toEqual(['live', 'revoked', 1]);
  });

  it('finds a version by its subject, and projects it', async () => {
    const inventory = createInventory(database);
    const id = await registered();
    const subject = publicIdSubject('postgres-role', `orders/${id}`);

    const found = await inventory.findBySubject(subject);
    const records = await inventory.records();

    expect(found).toMatchObject({ credentialId: id, version: 1 });
    expect(records.filter((record) => record.credentialId === id)).toEqual([
      expect.objectContaining({ subject, version: 1, state: 'live', ownerTeam: 'payments' }),
    ]);
  });

  it('says CREDENTIAL_UNKNOWN and VERSION_UNKNOWN', async () => {
    const inventory = createInventory(database);
    const id = await registered();

    await expect(inventory.credential('nobody')).rejects.toMatchObject({ code: 'CREDENTIAL_UNKNOWN' });
    await expect(inventory.version(id, 9)).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
  });
});

describe('the token store', () => {
  it('never takes a token back from revoked', async () => {
    const tokens = createTokenStore(database);
    const fingerprint = parseSubject(`fp:k1:${randomBytes(32).toString('hex')}`);
    await tokens.insert(fingerprint, { publicId: 'token', principal: 'p', scopes: ['a'], state: 'active' });
    await tokens.setState('token', 'revoked');

    await tokens.setState('token', 'active');

    expect((await tokens.find([fingerprint]))?.state).toBe('revoked');
  });
});

describe('the containments', () => {
  const OFFICE = { id: 'office', networks: ['203.0.113.0/24'] };
  const HOME = { id: 'home', networks: ['198.51.100.0/24'] };

  it('never loosen under concurrent writers', async () => {
    const store = createContainmentStore(database);
    const subject = publicIdSubject('postgres-role', `orders/${newId()}`);
    const base: DenylistEntry = {
      subject,
      credentialId: 'c',
      version: 1,
      status: 'hold',
      mode: 'known-contexts-only',
      allow: [OFFICE, HOME],
      incidentId: 'incident/c/1',
      reason: 'test',
      since: 1_000,
    };
    const proposals: DenylistEntry[] = [
      base,
      { ...base, status: 'quarantine', laneUntil: 5_000 },
      { ...base, allow: [OFFICE] },
      { ...base, status: 'quarantine', laneUntil: 9_000, allow: [HOME, OFFICE] },
    ];

    const results = await Promise.all([...proposals, ...proposals, ...proposals].map((entry) => store.tighten(entry)));

    const [stored] = (await store.all()).filter((entry) => entry.subject === subject);
    const demanded = proposals.reduce<DenylistEntry | undefined>(tighten, undefined);
    if (!stored || !demanded) throw new Error('nothing was stored');
    expect(sameRefusal(stored, demanded)).toBe(true);
    expect(stored).toMatchObject({ status: 'quarantine', laneUntil: 5_000, allow: [OFFICE] });
    for (const result of results) expect(sameRefusal(tighten(result, stored), stored)).toBe(true);
  });
});

describe('the desk of approvals', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const STEP = 'run/skip.1';
  const scopeOf = (more: Partial<ApprovalScope> = {}): ApprovalScope => ({
    incidentId: `incident/${newId()}/1`,
    actor: 'ana@example.com',
    action: 'extendOverlap',
    detail: { seconds: 60 },
    ...more,
  });
  const sign = (scope: ApprovalScope, now = Date.now()) =>
    signApproval(privateKey, scope, now).then(({ approval }) => approval);
  const use = (approval: string, scope: ApprovalScope, stepKey = STEP) =>
    createApprovalDesk(database, publicKey).use(approval, scope, stepKey);
  const usesOf = async ({ incidentId }: ApprovalScope) => {
    const { rows } = await database.query<Record<string, unknown>>(
      'SELECT step_key, actor, action FROM used_approvals WHERE incident_id = $1',
      [incidentId],
    );
    return rows;
  };

  it('takes one for exactly what it is for, and writes down its use and never the approval', async () => {
    const scope = scopeOf();
    const approval = await sign(scope);

    const used = await use(approval, scope);

    expect(used).toMatchObject({ ok: true, id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string });
    expect(await usesOf(scope)).toEqual([{ step_key: STEP, actor: scope.actor, action: scope.action }]);
    const rows = await database.query('SELECT * FROM used_approvals');
    expect(findSecrets(rows.rows, [approval, approval.split('.')[2] ?? ''])).toEqual([]);
  });

  it('takes it again from the same step, which may be tried more than once, and from no other', async () => {
    const scope = scopeOf();
    const approval = await sign(scope);
    const first = await use(approval, scope);

    expect(await use(approval, scope)).toEqual(first);
    expect(await use(approval, scope, 'run/skip.2')).toEqual({ ok: false, refusal: 'used already' });
  });

  it('gives it to one of many steps that use it at once', async () => {
    const scope = scopeOf();
    const approval = await sign(scope);

    const used = await Promise.all(Array.from({ length: 20 }, (_, n) => use(approval, scope, `run/skip.${n}`)));

    expect(used.filter(({ ok }) => ok)).toHaveLength(1);
    expect(await usesOf(scope)).toHaveLength(1);
  });

  it.each<[ApprovalRefusal, Partial<ApprovalScope>]>([
    ['for another incident', { incidentId: 'incident/other/1' }],
    ['of another person', { actor: 'bo@example.com' }],
    ['for another action', { action: 'lowerSeverity' }],
    ['for another action', { detail: { seconds: 61 } }],
    ['for another action', { detail: { seconds: '60' } }],
    ['for another action', { detail: {} }],
  ])('refuses one %s: %j', async (refusal, asked) => {
    const scope = scopeOf();
    const approval = await sign(scope);

    expect(await use(approval, { ...scope, ...asked })).toEqual({ ok: false, refusal });
    // Being shown for something else did not use it up.
    expect(await use(approval, scope)).toMatchObject({ ok: true });
  });

  it('takes one for the same detail in another order', async () => {
    const scope = scopeOf({ detail: { question: 3, why: 'b' } });

    expect(await use(await sign(scope), { ...scope, detail: { why: 'b', question: 3 } })).toMatchObject({ ok: true });
  });

  it('refuses one that has expired, to the second', async () => {
    const scope = scopeOf();
    const ago = (seconds: number) => sign(scope, Date.now() - seconds * 1000);

    expect(await use(await ago(APPROVAL_LIFETIME_SECONDS + 1), scope)).toEqual({ ok: false, refusal: 'expired' });
    expect(await use(await ago(APPROVAL_LIFETIME_SECONDS - 30), scope)).toMatchObject({ ok: true });
  });

  it.each<[string, (scope: ApprovalScope) => Promise<string>]>([
    [
      'another key has signed',
      (scope) => signApproval(generateKeyPairSync('ed25519').privateKey, scope, Date.now()).then((one) => one.approval),
    ],
    [
      'nobody has signed',
      async (scope) => {
        const [, claims] = (await sign(scope)).split('.');
        return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims}.`;
      },
    ],
    [
      'was signed with the public key as if it were a shared one',
      (scope) =>
        claimed(scope)
          .setProtectedHeader({ alg: 'HS256' })
          .setJti('forged')
          .setExpirationTime('5m')
          .sign(Buffer.from(publicKey.export({ type: 'spki', format: 'pem' }).toString())),
    ],
    ['has no end', (scope) => claimed(scope).setProtectedHeader({ alg: 'EdDSA' }).setJti('endless').sign(privateKey)],
    [
      'has no id, so that it could be used for ever',
      (scope) => claimed(scope).setProtectedHeader({ alg: 'EdDSA' }).setExpirationTime('5m').sign(privateKey),
    ],
    [
      'another issuer has made with our key',
      (scope) =>
        claimed(scope)
          .setProtectedHeader({ alg: 'EdDSA' })
          .setJti('elsewhere')
          .setExpirationTime('5m')
          .setIssuer('elsewhere')
          .sign(privateKey),
    ],
    [
      'is longer than any',
      (scope) =>
        claimed(scope, { more: 'x'.repeat(2_000) })
          .setProtectedHeader({ alg: 'EdDSA' })
          .setJti('long')
          .setExpirationTime('5m')
          .sign(privateKey),
    ],
    ['is no JWT', () => Promise.resolve('header.payload.signature')],
    ['is empty', () => Promise.resolve('')],
  ])('refuses one that %s, and writes nothing down', async (_what, forge) => {
    const scope = scopeOf();

    expect(await use(await forge(scope), scope)).toEqual({ ok: false, refusal: 'not signed by the API' });
    expect(await usesOf(scope)).toEqual([]);
  });

  /** The claims of a right one, for a test to leave one out or sign in another way. */
  function claimed({ incidentId, actor, action, detail }: ApprovalScope, more: JWTPayload = {}): SignJWT {
    return new SignJWT({ action, detail: detailText(detail), ...more })
      .setIssuer('tourniquet')
      .setAudience(incidentId)
      .setSubject(actor)
      .setIssuedAt();
  }
});

describe('the audit log', () => {
  const key = randomBytes(32);
  const event = (stepKey: string): AuditEvent => ({
    incidentId: 'incident/orders-db/1',
    workflowRunId: 'run',
    actor: 'workflow',
    action: 'revoke',
    phase: 'outcome',
    stepKey,
    detail: { version: 1, evidence: 'role orders_v1', done: true },
  });

  beforeEach(async () => {
    await database.query('TRUNCATE audit_entries');
  });

  it('makes one valid chain of 50 appends at once', async () => {
    const audit = createAuditLog(database, key);

    await Promise.all(Array.from({ length: 50 }, (_, n) => audit.append(event(`step-${n}`))));

    expect(await audit.verify()).toMatchObject({ ok: true, entries: 50 });
    const entries = await audit.entriesOf('incident/orders-db/1');
    expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
  });

  it('writes one entry for a step and phase, however often it is appended', async () => {
    const audit = createAuditLog(database, key);

    await Promise.all(Array.from({ length: 10 }, () => audit.append(event('step'))));
    await audit.append({ ...event('step'), phase: 'intent' });

    expect(await audit.verify()).toMatchObject({ ok: true, entries: 2 });
  });

  it.each([
    ['changed', `UPDATE audit_entries SET event = jsonb_set(event, '{actor}', '"somebody"') WHERE seq = 3`, 3],
    ['backdated', `UPDATE audit_entries SET at = at - interval '1 day' WHERE seq = 3`, 3],
    ['removed', 'DELETE FROM audit_entries WHERE seq = 3', 3],
    [
      'moved',
      `UPDATE audit_entries SET seq = CASE seq WHEN 2 THEN -3 WHEN 3 THEN -2 END WHERE seq IN (2, 3);
       UPDATE audit_entries SET seq = -seq WHERE seq < 0`,
      2,
    ],
  ])('finds an entry that was %s by a superuser', async (_case, statement, brokenAt) => {
    const audit = createAuditLog(database, key);
    for (const step of ['a', 'b', 'c', 'd', 'e']) await audit.append(event(step));

    await database.query(statement);

    expect(await audit.verify()).toMatchObject({ ok: false, brokenAt });
  });

  it('finds an entry that was forged without its key', async () => {
    const audit = createAuditLog(database, key);
    await audit.append(event('a'));

    await createAuditLog(database, randomBytes(32)).append(event('forged'));

    expect(await audit.verify()).toMatchObject({ ok: false, brokenAt: 2 });
  });

  describe('against its checkpoints', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    let directory: string;
    let file: string;

    beforeEach(async () => {
      directory = await mkdtemp(path.join(tmpdir(), 'tourniquet-checkpoints-'));
      file = path.join(directory, 'checkpoints.jsonl');
    });

    afterEach(() => rm(directory, { recursive: true }));

    async function chainWithCheckpoint() {
      const audit = createAuditLog(database, key);
      for (const step of ['a', 'b', 'c', 'd', 'e']) await audit.append(event(step));
      await audit.checkpoint(createCheckpointFile(file, privateKey));
      await audit.append(event('f'));
      return audit;
    }

    it('verifies, and grows beyond the last one', async () => {
      const audit = await chainWithCheckpoint();

      expect(await audit.verify({ file, key: publicKey })).toMatchObject({ ok: true, entries: 6 });
    });

    it('verifies while it grows: a checkpoint of what came after the chain was read is no cut-off tail', async () => {
      const audit = await chainWithCheckpoint();
      const growing: Database = Object.assign(Object.create(database) as Database, {
        query: async (sql: string, values: unknown[]) => {
          const result = await database.query(sql, values);
          await audit.append(event('g'));
          await audit.checkpoint(createCheckpointFile(file, privateKey));
          return result;
        },
      });

      const check = await createAuditLog(growing, key).verify({ file, key: publicKey });

      expect(check).toMatchObject({ ok: true, entries: 6 });
    });

    it('shows that the checkpoints were taken away', async () => {
      const audit = await chainWithCheckpoint();
      await rm(file);

      expect(await audit.verify({ file, key: publicKey })).toMatchObject({
        ok: false,
        reason: 'the file of checkpoints can not be read',
      });
    });

    it('shows a tail that was cut off', async () => {
      const audit = await chainWithCheckpoint();
      await database.query('DELETE FROM audit_entries WHERE seq >= 5');

      expect(await audit.verify()).toMatchObject({ ok: true, entries: 4 });
      expect(await audit.verify({ file, key: publicKey })).toMatchObject({ ok: false, brokenAt: 5 });
    });

    it('shows a chain that was made anew with the stolen chain key', async () => {
      const audit = await chainWithCheckpoint();
      await database.query('TRUNCATE audit_entries');
      for (const step of ['a', 'b', 'c', 'x', 'e', 'f']) await audit.append(event(step));

      expect(await audit.verify()).toMatchObject({ ok: true, entries: 6 });
      expect(await audit.verify({ file, key: publicKey })).toMatchObject({ ok: false, brokenAt: 5 });
    });

    it('does not believe a checkpoint that somebody else signed', async () => {
      const audit = await chainWithCheckpoint();
      const forger = generateKeyPairSync('ed25519').privateKey;
      await audit.checkpoint(createCheckpointFile(file, forger));

      expect(await audit.verify({ file, key: publicKey })).toMatchObject({ ok: false, brokenAt: 2 });
    });
  });
});

describe('the time that people gave dependents', () => {
  it('is given once for each step, to one rotation of one run', async () => {
    const movingTime = createMovingTimeStore(database);
    const grant = { stepKey: `${newId()}/extend.to.60`, incidentRunId: 'run', generation: 1 };
    for (let attempt = 0; attempt < 2; attempt++) await movingTime.give({ ...grant, seconds: 60, actor: 'ana and bo' });

    const given = await Promise.all([
      movingTime.givenSeconds(grant),
      movingTime.givenSeconds({ ...grant, generation: 2 }),
      movingTime.givenSeconds({ ...grant, incidentRunId: 'another' }),
      movingTime.givenSeconds({ ...grant, stepKey: 'forged' }),
    ]);

    expect(given).toEqual([60, 0, 0, 0]);
  });
});
