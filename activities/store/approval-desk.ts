import type { KeyObject } from 'node:crypto';
import { errors, jwtVerify, type JWTPayload } from 'jose';
import { detailText, MAX_APPROVAL_LENGTH, type ApprovalRefusal, type ApprovalScope } from '../../domain/approval';
import type { ApprovalDesk } from '../../domain/ports/approvals';
import type { Database } from './database';

/** Verifies approvals under the API's public key, and remembers those that were used. */
export function createApprovalDesk(database: Database, publicKey: KeyObject): ApprovalDesk {
  return {
    async use(approval, scope, stepKey) {
      const read = await verify(approval, publicKey);
      if (typeof read === 'string') return { ok: false, refusal: read };
      const refusal = differs(read, scope);
      if (refusal) return { ok: false, refusal };
      const id = read.jti ?? '';
      const used = await database.query<{ step_key: string }>(
        `INSERT INTO used_approvals (id, step_key, incident_id, actor, action, expires_at) VALUES ($1, $2, $3, $4, $5, to_timestamp($6))
         ON CONFLICT (id) DO UPDATE SET id = EXCLUDED.id RETURNING step_key`,
        [id, stepKey, scope.incidentId, scope.actor, scope.action, read.exp],
      );
      return used.rows[0]?.step_key === stepKey ? { ok: true, id } : { ok: false, refusal: 'used already' };
    },
  };
}

async function verify(approval: string, publicKey: KeyObject): Promise<JWTPayload | ApprovalRefusal> {
  if (approval.length > MAX_APPROVAL_LENGTH) return 'not signed by the API';
  try {
    const { payload } = await jwtVerify(approval, publicKey, {
      algorithms: ['EdDSA'],
      issuer: 'tourniquet',
      requiredClaims: ['aud', 'sub', 'jti', 'iat', 'exp'],
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired) return 'expired';
    if (error instanceof errors.JOSEError) return 'not signed by the API';
    throw error;
  }
}

function differs(
  claims: JWTPayload,
  { incidentId, actor, action, detail }: ApprovalScope,
): ApprovalRefusal | undefined {
  if (claims.aud !== incidentId) return 'for another incident';
  if (claims.sub !== actor) return 'of another person';
  if (claims['action'] !== action || claims['detail'] !== detailText(detail)) return 'for another action';
  return undefined;
}
