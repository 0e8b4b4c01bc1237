import type { Client } from 'pg';
import type { FoundCredential } from '../../domain/ports/credential-provider';

interface Row {
  role: string;
  comment: string | null;
  until: Date | null;
  owns: boolean;
  used: readonly { readonly network: string; readonly by: string }[] | null;
}

/** Such as `team: payments` in `COMMENT ON ROLE`. */
const TEAM = /\b(?:team|owner)\s*[:=]\s*(?<team>[\w.-]{1,64})/i;

/**
 * Every role that may log in, but superusers, those of replication, and our own admin: with its comment, and with who is connected as it right now. Who is connected shows only to an admin that has
 * pg_read_all_stats, which an incident needs, too.
 */
export async function discoverRoles(admin: Client, ownerRole: string): Promise<readonly FoundCredential[]> {
  const { rows } = await admin.query<Row>(
    `SELECT r.rolname AS role, shobj_description(r.oid, 'pg_authid') AS comment,
            CASE WHEN isfinite(r.rolvaliduntil) THEN r.rolvaliduntil END AS until,
            EXISTS (SELECT 1 FROM pg_auth_members m JOIN pg_roles o ON o.oid = m.roleid
                    WHERE m.member = r.oid AND o.rolname = $1) AS owns,
            (SELECT jsonb_agg(DISTINCT jsonb_build_object('network', a.client_addr::text, 'by', a.application_name))
             FROM pg_stat_activity a WHERE a.usesysid = r.oid AND a.client_addr IS NOT NULL) AS used
       FROM pg_roles r
      WHERE r.rolcanlogin AND NOT r.rolsuper AND NOT r.rolreplication AND r.rolname <> current_user
      ORDER BY r.rolname`,
    [ownerRole],
  );
  return rows.map(({ role, comment, until, owns, used }) => ({
    principal: role,
    publicId: role,
    notes: [
      ...(owns ? [] : [`no member of ${ownerRole}, whose rights its replacements would have`]),
      ...(until ? [`valid until ${until.toISOString().slice(0, 10)}`] : []),
      ...(comment === null ? [] : [comment]),
    ],
    ownerTeam: TEAM.exec(comment ?? '')?.groups?.['team'],
    usedFrom: used ?? [],
  }));
}
