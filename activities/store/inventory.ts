import type { PoolClient } from 'pg';
import {
  placeOfVersion,
  recordOf,
  type Credential,
  type DependentRecord,
  type InventoryRecord,
  type KnownContext,
  type SecretRef,
  type SecretVersion,
  type VersionState,
} from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import type { KnownAgainst } from '../../domain/incident';
import type { Inventory } from '../../domain/ports/stores';
import { parseSubject, shortSubject } from '../../domain/subject';
import { inTransaction, type Database } from './database';
import { OWN_STORE } from './secret-stores/store-settings';

interface CredentialRow {
  id: string;
  provider: string;
  account: string;
  principal: string;
  principal_kind: Credential['principalKind'];
  owner_team: string;
  criticality: Credential['criticality'];
  enforcement: Credential['enforcement'];
  protection: Credential['protection'];
  scopes: string[];
  known_contexts: KnownContext[];
  environment: string;
  dependents: DependentRecord[];
}

interface PlaceRow {
  credential_id: string;
  version: number;
  secret_store: string;
  secret_path: string;
}

interface VersionRow extends PlaceRow {
  public_id: string;
  state: VersionState;
  releases: number;
  proven_dead_at: Date | null;
  lifted_at: Date | null;
  known_against: KnownAgainst | null;
  subjects: string[];
}

const SELECT_CREDENTIALS = `
  SELECT c.*, coalesce((SELECT jsonb_agg(to_jsonb(d) - 'credential_id' ORDER BY d.criticality, d.id)
                        FROM dependents d WHERE d.credential_id = c.id), '[]') AS dependents
  FROM credentials c`;

const SELECT_VERSIONS = `
  SELECT v.*, coalesce((SELECT array_agg(s.subject ORDER BY s.subject) FROM version_subjects s
                        WHERE s.credential_id = v.credential_id AND s.version = v.version), '{}') AS subjects
  FROM secret_versions v`;

/** Which credentials exist, who depends on them, and which versions they have had. */
export function createInventory(database: Database): Inventory {
  const inventory: Inventory = {
    async credential(credentialId) {
      const result = await database.query<CredentialRow>(`${SELECT_CREDENTIALS} WHERE c.id = $1`, [credentialId]);
      const row = result.rows[0];
      if (!row) throw new IncidentError('CREDENTIAL_UNKNOWN', { credential: credentialId });
      return toCredential(row);
    },

    async credentials() {
      const result = await database.query<CredentialRow>(`${SELECT_CREDENTIALS} ORDER BY c.id`);
      return result.rows.map(toCredential);
    },

    async versions(credentialId) {
      const result = await database.query<VersionRow>(
        `${SELECT_VERSIONS} WHERE v.credential_id = $1 ORDER BY v.version`,
        [credentialId],
      );
      return result.rows.map(toVersion);
    },

    async version(credentialId, version) {
      const result = await database.query<VersionRow>(
        `${SELECT_VERSIONS} WHERE v.credential_id = $1 AND v.version = $2`,
        [credentialId, version],
      );
      const row = result.rows[0];
      if (!row) throw new IncidentError('VERSION_UNKNOWN', { credential: credentialId, version });
      return toVersion(row);
    },

    async findBySubject(subject) {
      const result = await database.query<VersionRow>(
        `${SELECT_VERSIONS} JOIN version_subjects f ON f.credential_id = v.credential_id AND f.version = v.version
         WHERE f.subject = $1`,
        [subject],
      );
      return result.rows[0] && toVersion(result.rows[0]);
    },

    async register(credential, version) {
      await inTransaction(database, async (client) => {
        await client.query(INSERT_CREDENTIAL, rowOf(credential));
        await putDependents(client, credential);
      });
      const isNew = await reserve(database, version);
      // Registering again changes no version that has lived since.
      const known = isNew ? undefined : await inventory.version(credential.id, version.version);
      // What is minted meanwhile is kept where it was going to be.
      const secret = known && version.state === 'pending' ? known.secret : version.secret;
      if (known === undefined || known.state === 'pending') await inventory.saveVersion({ ...version, secret });
    },

    async describe(credential) {
      await inTransaction(database, async (client) => {
        await client.query(INSERT_CREDENTIAL, rowOf(credential));
        const said = await client.query(DESCRIBE_CREDENTIAL, rowOf(credential));
        if (said.rowCount !== 1) throw new IncidentError('CREDENTIAL_DIFFERS', { credential: credential.id });
        await client.query('DELETE FROM dependents WHERE credential_id = $1 AND NOT id = ANY($2::text[])', [
          credential.id,
          credential.dependents.map(({ id }) => id),
        ]);
        await putDependents(client, credential);
      });
    },

    reserveVersion(credentialId, idempotencyKey, store) {
      return inTransaction(database, async (client) => {
        await client.query('SELECT 1 FROM credentials WHERE id = $1 FOR UPDATE', [credentialId]);
        const known = await client.query<PlaceRow>(
          `SELECT credential_id, version, secret_store, secret_path FROM secret_versions
           WHERE credential_id = $1 AND idempotency_key = $2`,
          [credentialId, idempotencyKey],
        );
        if (known.rows[0]) return toPlace(known.rows[0]);
        const next = await client.query<{ version: number }>(
          'SELECT coalesce(max(version), 0) + 1 AS version FROM secret_versions WHERE credential_id = $1',
          [credentialId],
        );
        const place = placeOfVersion(store, credentialId, next.rows[0]?.version ?? 1);
        await client.query(INSERT_PENDING, [credentialId, place.version, place.store, place.path, idempotencyKey]);
        return place;
      });
    },

    async saveVersion(version) {
      await inTransaction(database, async (client) => {
        await client.query(
          `UPDATE secret_versions SET public_id = $3, state = CASE state WHEN 'pending' THEN $4 ELSE state END,
             secret_store = $5, secret_path = $6
           WHERE credential_id = $1 AND version = $2`,
          [
            version.credentialId,
            version.version,
            version.publicId,
            version.state,
            version.secret.store,
            version.secret.path,
          ],
        );
        for (const subject of version.subjects) {
          const owned = await client.query(CLAIM_SUBJECT, [subject, version.credentialId, version.version]);
          // A version without its subject would be refused nowhere, and look as if it were.
          if (owned.rowCount !== 1) throw new IncidentError('SUBJECT_TAKEN', { subject: shortSubject(subject) });
        }
      });
    },

    async setState(credentialId, version, state) {
      await database.query(
        `UPDATE secret_versions SET state = $3 WHERE credential_id = $1 AND version = $2 AND state = ANY($4::text[])`,
        [credentialId, version, state, COMES_AFTER[state]],
      );
    },

    async setProvenDead(credentialId, version, proven) {
      await database.query(
        `UPDATE secret_versions SET proven_dead_at = CASE WHEN $3 THEN coalesce(proven_dead_at, now()) END
         WHERE credential_id = $1 AND version = $2`,
        [credentialId, version, proven],
      );
    },

    async keepKnown(credentialId, version, known, at) {
      await database.query(
        `UPDATE secret_versions SET known_against = $3, known_at = $4
         WHERE credential_id = $1 AND version = $2 AND state IN ('quarantined', 'revoked') AND coalesce(known_at <= $4, true)`,
        [credentialId, version, JSON.stringify(known), new Date(at)],
      );
    },

    async beginLift(credentialId, version, at) {
      await database.query(
        `UPDATE secret_versions SET lifted_at = greatest(lifted_at, $3) WHERE credential_id = $1 AND version = $2`,
        [credentialId, version, new Date(at)],
      );
    },

    async release(credentialId, version) {
      await database.query(
        `UPDATE secret_versions SET state = 'live', releases = releases + 1, known_against = NULL, known_at = NULL
         WHERE credential_id = $1 AND version = $2 AND state = 'quarantined'`,
        [credentialId, version],
      );
    },

    async records() {
      const result = await database.query<CredentialRow & VersionRow>(
        `SELECT c.*, v.version, v.state, v.releases, v.credential_id, ARRAY[s.subject] AS subjects
         FROM version_subjects s JOIN secret_versions v USING (credential_id, version) JOIN credentials c ON c.id = v.credential_id
         ORDER BY s.subject`,
      );
      return result.rows.flatMap(toRecords);
    },
  };
  return inventory;
}

/**
 * The states each state may follow. They only go forward, whoever is late: a step that was undone while it still ran can't bring
 * its version back, and a revoked version stays revoked. The one way back, `release`, is counted.
 */
const COMES_AFTER: Readonly<Record<VersionState, readonly VersionState[]>> = {
  pending: [],
  live: ['pending'],
  quarantined: ['pending', 'live'],
  revoked: ['pending', 'live', 'quarantined'],
  discarded: ['pending', 'live'],
};

/** What nobody had registered is taken over by whoever registers it, and by a later version what one that was discarded has; what somebody has, by nobody. */
const CLAIM_SUBJECT = `
  INSERT INTO version_subjects (subject, credential_id, version) VALUES ($1, $2, $3)
  ON CONFLICT (subject) DO UPDATE SET credential_id = EXCLUDED.credential_id, version = EXCLUDED.version
    WHERE version_subjects.credential_id LIKE 'unregistered/%'
       OR (version_subjects.credential_id = EXCLUDED.credential_id
           AND (version_subjects.version = EXCLUDED.version
                OR (version_subjects.version < EXCLUDED.version
                    AND EXISTS (SELECT 1 FROM secret_versions before WHERE before.credential_id = version_subjects.credential_id
                                AND before.version = version_subjects.version AND before.state = 'discarded'))))`;

const INSERT_PENDING = `
  INSERT INTO secret_versions (credential_id, version, state, secret_store, secret_path, idempotency_key)
  VALUES ($1, $2, 'pending', $3, $4, $5) ON CONFLICT DO NOTHING`;

const INSERT_CREDENTIAL = `INSERT INTO credentials VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO NOTHING`;

/** What its versions are known by stays what it is. */
const DESCRIBE_CREDENTIAL = `
  UPDATE credentials SET principal_kind = $5, owner_team = $6, criticality = $7, enforcement = $8, protection = $9, scopes = $10,
    known_contexts = $11, environment = $12
  WHERE id = $1 AND provider = $2 AND account = $3 AND principal = $4`;

function rowOf(credential: Credential): unknown[] {
  return [
    credential.id,
    credential.provider,
    credential.account,
    credential.principal,
    credential.principalKind,
    credential.ownerTeam,
    credential.criticality,
    credential.enforcement,
    credential.protection,
    JSON.stringify(credential.scopes),
    JSON.stringify(credential.knownContexts),
    credential.environment ?? 'production',
  ];
}

async function putDependents(client: PoolClient, { id, dependents }: Credential): Promise<void> {
  for (const dependent of dependents)
    await client.query(
      `INSERT INTO dependents (id, credential_id, kind, target, owner, criticality) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (credential_id, id) DO UPDATE SET kind = EXCLUDED.kind, target = EXCLUDED.target,
         owner = EXCLUDED.owner, criticality = EXCLUDED.criticality`,
      [dependent.id, id, dependent.kind, dependent.target, dependent.owner, dependent.criticality],
    );
}

async function reserve(database: Database, { credentialId, version, secret }: SecretVersion): Promise<boolean> {
  const values = [credentialId, version, secret.store, secret.path, `registered:${version}`];
  const result = await database.query(INSERT_PENDING, values);
  return result.rowCount === 1;
}

function toCredential(row: CredentialRow): Credential {
  return {
    id: row.id,
    provider: row.provider,
    account: row.account,
    principal: row.principal,
    principalKind: row.principal_kind,
    ownerTeam: row.owner_team,
    environment: row.environment,
    criticality: row.criticality,
    enforcement: row.enforcement,
    protection: row.protection,
    scopes: row.scopes,
    knownContexts: row.known_contexts,
    dependents: row.dependents,
  };
}

/** A build that knows nothing of it may have lifted the refusal and left what was known. */
function isRefused({ state }: VersionRow): boolean {
  return state === 'quarantined' || state === 'revoked';
}

function toVersion(row: VersionRow): SecretVersion {
  return {
    credentialId: row.credential_id,
    version: row.version,
    publicId: row.public_id,
    subjects: row.subjects.map(parseSubject),
    state: row.state,
    ...(row.state === 'revoked' && row.proven_dead_at ? { provenDead: true } : {}),
    ...(row.lifted_at ? { liftedAt: row.lifted_at.getTime() } : {}),
    ...(row.known_against && isRefused(row) ? { knownAgainst: row.known_against } : {}),
    secret: toPlace(row),
  };
}

/** Versions that were reserved before there was more than one store say nothing of it until they are minted. */
function toPlace({ credential_id: id, version, secret_store: store, secret_path: path }: PlaceRow): SecretRef {
  return store === '' ? placeOfVersion(OWN_STORE, id, version) : { store, path, version };
}

function toRecords(row: CredentialRow & VersionRow): InventoryRecord[] {
  return row.subjects.map((subject) => recordOf(parseSubject(subject), toCredential(row), row));
}
