import { randomBytes } from 'node:crypto';
import { escapeIdentifier, escapeLiteral, type Client } from 'pg';
import { z } from 'zod';
import type { Credential, SecretVersion } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import type { CredentialProvider, Verdict } from '../../domain/ports/credential-provider';
import type { Effect } from '../../domain/ports/effect';
import type { SecretStore } from '../../domain/ports/stores';
import { parseMaterial, type PostgresMaterial } from '../../domain/secret-material';
import { publicIdSubject } from '../../domain/subject';
import { asAdmin, AUTHENTICATION_REFUSED, failureCode, withClient } from './postgres-admin';
import { scramVerifier } from './scram-verifier';

export const postgresRoleSettings = z.strictObject({
  /** Superuser or CREATEROLE connection string; by file, never in the settings themselves. */
  adminUrl: z.string(),
  host: z.string(),
  port: z.number().int(),
  database: z.string(),
  /** The NOLOGIN role that owns the objects; every version's login role acts as it. */
  ownerRole: z.string(),
});

export type PostgresRoleSettings = z.infer<typeof postgresRoleSettings>;

/** Sessions end within milliseconds; a backend in a long system call may take longer. */
const TERMINATE_WAIT_MS = 2_000;
const TERMINATE_ROUNDS = 5;

/**
 * PostgreSQL login roles, one a version, all acting as one shared owner role, so that old and new live side by side and what
 * one creates the other can use. Order matters in every ending: NOLOGIN first, then terminate until no session is left, or a
 * login slips in between.
 */
export function createPostgresRoleProvider(
  accounts: ReadonlyMap<string, PostgresRoleSettings>,
  secrets: SecretStore,
): CredentialProvider {
  function settingsOf(credential: Credential): PostgresRoleSettings {
    const settings = accounts.get(credential.account);
    if (!settings)
      throw new IncidentError('PROVIDER_UNKNOWN', { provider: 'postgres-role', account: credential.account });
    return settings;
  }

  async function materialOf(version: SecretVersion): Promise<PostgresMaterial> {
    return parseMaterial('postgres', await secrets.get(version.secret));
  }

  return {
    id: 'postgres-role',
    capabilities: {
      overlap: 'principals',
      quarantine: 'reversible',
      endsSessions: true,
      propagationMs: 0,
      permissions: ['CREATEROLE with ADMIN on the owner role', 'pg_signal_backend', 'pg_read_all_stats'],
    },

    quarantine(credential, version) {
      const { adminUrl, ownerRole } = settingsOf(credential);
      return asAdmin(adminUrl, credential.account, async (admin) => {
        const role = await readRole(admin, version.publicId, ownerRole);
        if (!role) return effect('already', `role ${version.publicId} does not exist`);
        if (role.canLogin) await admin.query(`ALTER ROLE ${escapeIdentifier(version.publicId)} NOLOGIN`);
        const ended = await endSessions(admin, version.publicId);
        return effect(role.canLogin || ended > 0 ? 'done' : 'already', `NOLOGIN, ${ended} sessions ended`);
      });
    },

    async createReplacement(credential, next) {
      const settings = settingsOf(credential);
      const user = `${credential.principal}_v${next.version}`;
      const fresh: PostgresMaterial = {
        kind: 'postgres',
        host: settings.host,
        port: settings.port,
        database: settings.database,
        user,
        password: randomBytes(24).toString('base64url'),
      };
      // Stored before the server learns it: a crash in between costs a role without a password, never a password without a role's owner.
      await secrets.putIfAbsent(next.secret, JSON.stringify(fresh));
      const material = parseMaterial('postgres', await secrets.get(next.secret));
      await asAdmin(settings.adminUrl, credential.account, async (admin) => {
        const name = escapeIdentifier(user);
        const owner = escapeIdentifier(settings.ownerRole);
        if (!(await readRole(admin, user, settings.ownerRole)))
          await admin.query(`CREATE ROLE ${name} NOLOGIN IN ROLE ${owner}`);
        await admin.query(`ALTER ROLE ${name} SET role = ${escapeLiteral(settings.ownerRole)}`);
        await admin.query(`ALTER ROLE ${name} LOGIN PASSWORD ${escapeLiteral(scramVerifier(material.password))}`);
      });
      const subject = publicIdSubject('postgres-role', `${credential.account}/${user}`);
      return {
        state: 'done',
        value: { publicId: user, subjects: [subject], secret: next.secret },
        evidence: `role ${user}`,
      };
    },

    async test(credential, version) {
      const settings = settingsOf(credential);
      const material = await materialOf(version);
      try {
        const acting = await withClient(
          { ...connection(material), application_name: 'tourniquet-test' },
          async (client) => {
            const result = await client.query<{ acting: string }>('SELECT current_user AS acting');
            return result.rows[0]?.acting;
          },
        );
        if (acting === settings.ownerRole) return effect('done', `logs in and acts as ${acting}`);
        throw new IncidentError('REPLACEMENT_REJECTED', { role: version.publicId, acting });
      } catch (error) {
        if (error instanceof IncidentError) throw error;
        const refused = isRefusal(error);
        throw new IncidentError(refused ? 'REPLACEMENT_REJECTED' : 'PROVIDER_UNAVAILABLE', {
          role: version.publicId,
          sqlstate: failureCode(error),
        });
      }
    },

    revoke(credential, version) {
      const { adminUrl, ownerRole } = settingsOf(credential);
      return asAdmin(adminUrl, credential.account, async (admin) => {
        const role = await readRole(admin, version.publicId, ownerRole);
        if (!role) return effect('already', `role ${version.publicId} does not exist`);
        const name = escapeIdentifier(version.publicId);
        await admin.query(`ALTER ROLE ${name} NOLOGIN PASSWORD NULL`);
        await admin.query(`REVOKE ${escapeIdentifier(ownerRole)} FROM ${name}`);
        const ended = await endSessions(admin, version.publicId);
        const was = role.canLogin || role.ownsAs || ended > 0;
        return effect(
          was ? 'done' : 'already',
          `verifier erased, NOLOGIN, owner's rights taken away, ${ended} sessions ended`,
        );
      });
    },

    discard(credential, version) {
      const { adminUrl, ownerRole } = settingsOf(credential);
      return asAdmin(adminUrl, credential.account, async (admin) => {
        if (!(await readRole(admin, version.publicId, ownerRole)))
          return effect('already', `role ${version.publicId} does not exist`);
        await admin.query(`ALTER ROLE ${escapeIdentifier(version.publicId)} NOLOGIN`);
        await endSessions(admin, version.publicId);
        await admin.query(`DROP ROLE ${escapeIdentifier(version.publicId)}`);
        return effect('done', `role ${version.publicId} dropped`);
      });
    },

    async verifyDead(credential, old, control) {
      const sessions = await asAdmin(settingsOf(credential).adminUrl, credential.account, (admin) =>
        countSessions(admin, old.publicId),
      );
      const oldAnswer = await presented(await materialOf(old));
      const controlAnswer = await presented(await materialOf(control));
      return judge(oldAnswer, controlAnswer, sessions);
    },
  };
}

type Answer = 'accepted' | 'refused' | 'no answer';

function judge(old: Answer, control: Answer, sessions: number): Verdict {
  const evidence = `old ${old}, control ${control}, ${sessions} sessions`;
  const base = { proof: 'presented', sessions, evidence } as const;
  if (old === 'accepted' || sessions > 0) return { ...base, verdict: 'alive' };
  return { ...base, verdict: old === 'refused' && control === 'accepted' ? 'dead' : 'unknown' };
}

/** Logs in with a value. Only an authentication refusal is one: a full or unreachable server proves nothing. */
async function presented(material: PostgresMaterial): Promise<Answer> {
  try {
    await withClient({ ...connection(material), application_name: 'tourniquet-probe' }, (client) =>
      client.query('SELECT 1'),
    );
    return 'accepted';
  } catch (error) {
    return isRefusal(error) ? 'refused' : 'no answer';
  }
}

function connection(material: PostgresMaterial): Omit<PostgresMaterial, 'kind'> {
  const { kind: _kind, ...config } = material;
  return config;
}

function isRefusal(error: unknown): boolean {
  return (AUTHENTICATION_REFUSED as readonly (string | undefined)[]).includes(failureCode(error));
}

interface RoleState {
  readonly canLogin: boolean;
  /** Direct member of the owner role: what is taken away at revoke. */
  readonly ownsAs: boolean;
}

/** From pg_roles, which every role may read: our admin credential need not be a superuser. */
async function readRole(admin: Client, role: string, ownerRole: string): Promise<RoleState | undefined> {
  const result = await admin.query<RoleState>(
    `SELECT r.rolcanlogin AS "canLogin", EXISTS (
       SELECT 1 FROM pg_auth_members m JOIN pg_roles o ON o.oid = m.roleid WHERE m.member = r.oid AND o.rolname = $2
     ) AS "ownsAs"
     FROM pg_roles r WHERE r.rolname = $1`,
    [role, ownerRole],
  );
  return result.rows[0];
}

async function countSessions(admin: Client, role: string): Promise<number> {
  const result = await admin.query<{ sessions: number }>(
    'SELECT count(*)::int AS sessions FROM pg_stat_activity WHERE usename = $1',
    [role],
  );
  return result.rows[0]?.sessions ?? 0;
}

/** @throws IncidentError SESSIONS_REMAIN: the caller tries again. */
async function endSessions(admin: Client, role: string): Promise<number> {
  let ended = 0;
  for (let round = 0; round < TERMINATE_ROUNDS; round++) {
    const result = await admin.query(
      `SELECT pg_terminate_backend(pid, ${TERMINATE_WAIT_MS}) FROM pg_stat_activity WHERE usename = $1`,
      [role],
    );
    if (result.rowCount === 0) return ended;
    ended += result.rowCount ?? 0;
  }
  const left = await countSessions(admin, role);
  if (left > 0) throw new IncidentError('SESSIONS_REMAIN', { role, sessions: left });
  return ended;
}

function effect(state: 'done' | 'already', evidence: string): Effect {
  return { state, value: undefined, evidence };
}
