import { randomBytes } from 'node:crypto';
import { escapeIdentifier, escapeLiteral, type Client } from 'pg';
import type { Credential, SecretVersion } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import { signProbe, type FingerprintKey } from '../../domain/fingerprint';
import type { CredentialProvider, Verdict } from '../../domain/ports/credential-provider';
import type { CallContext, Effect } from '../../domain/ports/effect';
import type { SecretStore } from '../../domain/ports/stores';
import { parseMaterial, type PostgresMaterial } from '../../domain/secret-material';
import { publicIdSubject, type Subject } from '../../domain/subject';
import { POSTGRES_ROLE, type PostgresRoleSettings } from './postgres-account';
import { asAdmin, AUTHENTICATION_REFUSED, failureCode, withClient } from './postgres-admin';
import { accountOf } from './account-of';
import { adoptionRefused, nameOfFound } from './adoption';
import { effect } from './effect';
import { discoverRoles } from './postgres-discovery';
import { countSessions, endSessions } from './postgres-sessions';
import { scramVerifier } from './scram-verifier';
import { unlessMissing } from './unless-missing';

/** PostgreSQL cuts longer names off, bytes. */
const LONGEST_NAME = 63;

/**
 * PostgreSQL login roles, one a version, all acting as one shared owner role, so that old and new live side by side and what
 * one creates the other can use. Order matters in every ending: NOLOGIN first, then terminate until no session is left, or a
 * login slips in between.
 */
export function createPostgresRoleProvider(
  accounts: ReadonlyMap<string, PostgresRoleSettings>,
  secrets: SecretStore,
  probeKey: FingerprintKey,
): CredentialProvider {
  /** The application name of our own logins, signed, so that the detectors know them. */
  const mark = (id: string): string => signProbe(id, Date.now(), probeKey);

  const settingsOf = (credential: Pick<Credential, 'account'>): PostgresRoleSettings =>
    accountOf(accounts, 'postgres-role', credential);

  function probeAccount(account: string, { signal }: CallContext): Promise<Effect> {
    const { adminUrl, ownerRole } = settingsOf({ account });
    return asAdmin({ adminUrl, account, signal }, async (admin) => {
      const missing = await missingRights(admin, ownerRole);
      if (missing.length > 0)
        throw new IncidentError('PROVIDER_ADMIN_DENIED', { account, missing: missing.join(', ') });
      return effect('already', `our admin may make, change and end roles of ${ownerRole}`);
    });
  }

  async function materialOf(version: SecretVersion): Promise<PostgresMaterial> {
    return parseMaterial('postgres', await secrets.get(version.secret));
  }

  return {
    id: 'postgres-role',
    capabilities: POSTGRES_ROLE,
    ownsPrincipal: true,

    probeAccount,

    probe: (credential, context) => probeAccount(credential.account, context),

    quarantine(credential, version, { signal }) {
      const { adminUrl, ownerRole } = settingsOf(credential);
      return asAdmin({ adminUrl, account: credential.account, signal }, async (admin) => {
        const role = await readRole(admin, version.publicId, ownerRole);
        if (!role) return effect('already', `role ${version.publicId} does not exist`);
        if (role.canLogin) await admin.query(`ALTER ROLE ${escapeIdentifier(version.publicId)} NOLOGIN`);
        const ended = await endSessions(admin, version.publicId);
        return effect(role.canLogin || ended > 0 ? 'done' : 'already', `NOLOGIN, ${ended} sessions ended`);
      });
    },

    release(credential, version, { signal }) {
      const { adminUrl, ownerRole } = settingsOf(credential);
      return asAdmin({ adminUrl, account: credential.account, signal }, async (admin) => {
        const name = escapeIdentifier(version.publicId);
        const read = () => readRole(admin, version.publicId, ownerRole);
        const before = await read();
        // Revoking takes the owner's rights away, and nothing gives them back.
        if (before?.canLogin && before.ownsAs) return effect('already', `role ${version.publicId} may log in`);
        if (before?.ownsAs) await admin.query(`ALTER ROLE ${name} LOGIN`);
        const after = await read();
        if (after?.canLogin && after.ownsAs) return effect('done', `LOGIN given back to role ${version.publicId}`);
        // Revoked between the two looks: the door that was opened is shut again.
        if (after?.canLogin) await admin.query(`ALTER ROLE ${name} NOLOGIN`);
        throw new IncidentError('CONTAINMENT_FINAL', { credential: credential.id, role: version.publicId });
      });
    },

    inspect(credential, { publicId: role }, { signal }) {
      const { adminUrl, ownerRole } = settingsOf(credential);
      return asAdmin({ adminUrl, account: credential.account, signal }, async (admin) => {
        const fault = whyNotEnded(await readRole(admin, role, ownerRole), ownerRole);
        if (fault !== undefined) throw adoptionRefused(`role ${role} ${fault}`);
      });
    },

    discover(account, { signal }) {
      const { adminUrl, ownerRole } = accountOf(accounts, 'postgres-role', { account });
      return asAdmin({ adminUrl, account, signal }, (admin) => discoverRoles(admin, ownerRole));
    },

    adopt(credential, found) {
      const user = nameOfFound(found, 'the role that logs in');
      const { principal } = credential;
      // A later version would be taken for it.
      if (versionNamed(user, principal) > found.version)
        throw adoptionRefused(`a later version of ${principal} will be called ${user}: take ${user} as the principal`);
      if (Buffer.byteLength(`${principal}_v9999`) > LONGEST_NAME)
        throw adoptionRefused(`${principal} leaves no room for the names of later versions: take a shorter principal`);
      const { host, port, database } = settingsOf(credential);
      const material = { kind: 'postgres' as const, host, port, database, user, password: found.value };
      return { publicId: user, subjects: subjectsOf(credential, user), material };
    },

    async createReplacement(credential, next, { signal }) {
      const settings = settingsOf(credential);
      const { adminUrl, ownerRole } = settings;
      const user = `${credential.principal}_v${next.version}`;
      const fresh: PostgresMaterial = {
        kind: 'postgres',
        host: settings.host,
        port: settings.port,
        database: settings.database,
        user,
        password: randomBytes(24).toString('base64url'),
      };
      const state = await asAdmin({ adminUrl, account: credential.account, signal }, async (admin) => {
        const role = await readRole(admin, user, ownerRole);
        // Before anything is stored: the undo ends what is.
        if (role) mustBeOurs(role, credential, user);
        // Stored before the server learns it: a crash in between costs a value without a role, never a role whose value is lost.
        await secrets.putIfAbsent(next.secret, JSON.stringify(fresh));
        const material = parseMaterial('postgres', await secrets.get(next.secret));
        if (!role) return createRole(admin, { user, ownerRole, password: material.password, mark: markOf(credential) });
        // Made whole or not at all, so one that can't log in was contained since: a late attempt must not bring it back.
        if (!role.canLogin) throw new IncidentError('PROVIDER_REFUSED', { role: user, found: 'NOLOGIN' });
        return 'already' as const;
      });
      return {
        state,
        value: { publicId: user, subjects: subjectsOf(credential, user), secret: next.secret },
        evidence: `role ${user}`,
      };
    },

    async test(credential, version, { signal }) {
      const settings = settingsOf(credential);
      const material = await materialOf(version);
      try {
        const acting = await withClient(
          { ...connection(material), application_name: mark('test') },
          async (client) => {
            const result = await client.query<{ acting: string }>('SELECT current_user AS acting');
            return result.rows[0]?.acting;
          },
          signal,
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

    revoke(credential, version, { signal }) {
      const { adminUrl, ownerRole } = settingsOf(credential);
      return asAdmin({ adminUrl, account: credential.account, signal }, async (admin) => {
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

    async discard(credential, version, { signal }) {
      const { adminUrl, ownerRole } = settingsOf(credential);
      const role = version.publicId || (await unlessMissing(() => materialOf(version)))?.user;
      if (role === undefined) return effect('already', 'was never minted');
      return asAdmin({ adminUrl, account: credential.account, signal }, async (admin) => {
        const found = await readRole(admin, role, ownerRole);
        if (!found) return effect('already', `role ${role} does not exist`);
        mustBeOurs(found, credential, role);
        await admin.query(`ALTER ROLE ${escapeIdentifier(role)} NOLOGIN`);
        await endSessions(admin, role);
        await admin.query(`DROP ROLE ${escapeIdentifier(role)}`);
        return effect('done', `role ${role} dropped`);
      });
    },

    async verifyDead(credential, old, control, { signal }) {
      const { adminUrl, ownerRole } = settingsOf(credential);
      const [sessions, role] = await asAdmin({ adminUrl, account: credential.account, signal }, async (admin) => [
        await countSessions(admin, old.publicId),
        await readRole(admin, old.publicId, ownerRole),
      ]);
      const oldAnswer = await presented(await materialOf(old), mark('verify'), signal);
      const controlAnswer = await presented(await materialOf(control), mark('verify'), signal);
      return judge(oldAnswer, controlAnswer, { sessions, mayLogIn: role?.canLogin === true });
    },
  };
}

/** The number of the version that a role would be by its name; 0 of any other. */
function versionNamed(role: string, principal: string): number {
  const number = role.startsWith(`${principal}_v`) ? role.slice(principal.length + 2) : '';
  return /^\d{1,9}$/.test(number) ? Number(number) : 0;
}

function subjectsOf({ account }: Credential, role: string): readonly Subject[] {
  return [publicIdSubject('postgres-role', `${account}/${role}`)];
}

type Answer = 'accepted' | 'refused' | 'no answer';

function judge(
  old: Answer,
  control: Answer,
  { sessions, mayLogIn }: { readonly sessions: number; readonly mayLogIn: boolean },
): Verdict {
  const evidence = `old ${old}, control ${control}, ${sessions} sessions${mayLogIn ? ', its role may log in' : ''}`;
  const oldRefused = old === 'refused' ? ({ oldRefused: true } as const) : {};
  const base = { proof: 'presented', sessions, evidence, ...oldRefused } as const;
  // Refused to us, it may be accepted from elsewhere.
  if (old === 'accepted' || sessions > 0 || mayLogIn) return { ...base, verdict: 'alive' };
  const controlRefused = control === 'refused' ? ({ controlRefused: true } as const) : {};
  return { ...base, ...controlRefused, verdict: old === 'refused' && control === 'accepted' ? 'dead' : 'unknown' };
}

/** Logs in with a value. Only an authentication refusal is one: a full or unreachable server proves nothing. */
async function presented(material: PostgresMaterial, mark: string, signal: AbortSignal): Promise<Answer> {
  try {
    await withClient({ ...connection(material), application_name: mark }, (client) => client.query('SELECT 1'), signal);
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
  readonly isSuperuser: boolean;
  /** Since PostgreSQL 16 whoever may make roles may change only those that they have ADMIN OPTION on. */
  readonly isOursToChange: boolean;
  readonly comment: string | null;
}

/** From pg_roles, which every role may read: our admin credential need not be a superuser. */
async function readRole(admin: Client, role: string, ownerRole: string): Promise<RoleState | undefined> {
  const result = await admin.query<RoleState>(
    `SELECT r.rolcanlogin AS "canLogin", r.rolsuper AS "isSuperuser", shobj_description(r.oid, 'pg_authid') AS comment,
       EXISTS (
         SELECT 1 FROM pg_auth_members m JOIN pg_roles o ON o.oid = m.roleid WHERE m.member = r.oid AND o.rolname = $2
       ) AS "ownsAs",
       (SELECT me.rolsuper OR current_setting('server_version_num')::int < 160000 OR EXISTS (
          SELECT 1 FROM pg_auth_members m WHERE m.roleid = r.oid AND m.member = me.oid AND m.admin_option
        ) FROM pg_roles me WHERE me.rolname = current_user) AS "isOursToChange"
     FROM pg_roles r WHERE r.rolname = $1`,
    [role, ownerRole],
  );
  return result.rows[0];
}

/** What our admin may not do of what an incident needs, in words. `USAGE`: what it would have to SET ROLE for, it does not do. */
async function missingRights(admin: Client, ownerRole: string): Promise<readonly string[]> {
  const { rows } = await admin.query<{
    createsRoles: boolean;
    grantsOwner: boolean;
    endsSessions: boolean;
    seesSessions: boolean;
  }>(
    `SELECT r.rolsuper OR r.rolcreaterole AS "createsRoles",
            r.rolsuper OR EXISTS (
              SELECT 1 FROM pg_auth_members m JOIN pg_roles o ON o.oid = m.roleid
              WHERE m.member = r.oid AND o.rolname = $1 AND m.admin_option
            ) AS "grantsOwner",
            r.rolsuper OR pg_has_role(r.oid, 'pg_signal_backend', 'USAGE') AS "endsSessions",
            r.rolsuper OR pg_has_role(r.oid, 'pg_read_all_stats', 'USAGE') AS "seesSessions"
       FROM pg_roles r WHERE r.rolname = current_user`,
    [ownerRole],
  );
  const rights = rows[0];
  return [
    ...(rights?.createsRoles ? [] : ['CREATEROLE']),
    ...(rights?.grantsOwner ? [] : [`ADMIN OPTION on ${ownerRole}`]),
    ...(rights?.endsSessions ? [] : ['pg_signal_backend']),
    ...(rights?.seesSessions ? [] : ['pg_read_all_stats']),
  ];
}

/** By this, as the role's comment, a role is known to be made by us, and for which credential: only such a one is ever dropped. */
function markOf({ id }: Credential): string {
  return `tourniquet: ${id}`;
}

/** @throws IncidentError PROVIDER_REFUSED of a role that somebody else has made, or that was made for another credential */
function mustBeOurs({ comment }: RoleState, credential: Credential, role: string): void {
  if (comment !== markOf(credential))
    throw new IncidentError('PROVIDER_REFUSED', { role, found: 'a role that was not made for this credential' });
}

/** Why a role that others have made could not be refused and ended, in words; undefined of one that can. */
function whyNotEnded(role: RoleState | undefined, ownerRole: string): string | undefined {
  if (!role) return 'does not exist';
  if (role.isSuperuser) return 'is a superuser, whom our admin may not change';
  if (!role.ownsAs) return `is no direct member of ${ownerRole}: GRANT ${ownerRole} TO it`;
  return role.isOursToChange ? undefined : 'is not ours to change: GRANT it to our admin WITH ADMIN OPTION';
}

interface NewRole {
  readonly user: string;
  readonly ownerRole: string;
  readonly password: string;
  readonly mark: string;
}

/** In one transaction: there is no half-made role. */
async function createRole(admin: Client, { user, ownerRole, password, mark }: NewRole): Promise<'done'> {
  const name = escapeIdentifier(user);
  const verifier = escapeLiteral(scramVerifier(password));
  await admin.query('BEGIN');
  await admin.query(`CREATE ROLE ${name} LOGIN PASSWORD ${verifier} IN ROLE ${escapeIdentifier(ownerRole)}`);
  await admin.query(`ALTER ROLE ${name} SET role = ${escapeLiteral(ownerRole)}`);
  await admin.query(`COMMENT ON ROLE ${name} IS ${escapeLiteral(mark)}`);
  await admin.query('COMMIT');
  return 'done';
}
