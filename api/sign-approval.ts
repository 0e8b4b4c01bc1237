import { randomUUID, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { APPROVAL_LIFETIME_SECONDS, detailText, type ApprovalScope } from '../domain/approval';

export interface SignedApproval {
  readonly approval: string;
  /** ISO 8601. */
  readonly expiresAt: string;
}

/** A single-use approval of exactly `scope`: a JWT (RFC 7519) signed with Ed25519. */
export async function signApproval(
  key: KeyObject,
  { incidentId, actor, action, detail }: ApprovalScope,
  now: number,
): Promise<SignedApproval> {
  const issuedAt = Math.floor(now / 1000);
  const expiresAt = issuedAt + APPROVAL_LIFETIME_SECONDS;
  const approval = await new SignJWT({ action, detail: detailText(detail) })
    .setProtectedHeader({ alg: 'EdDSA' })
    .setIssuer('tourniquet')
    .setAudience(incidentId)
    .setSubject(actor)
    .setJti(randomUUID())
    .setIssuedAt(issuedAt)
    .setExpirationTime(expiresAt)
    .sign(key);
  return { approval, expiresAt: new Date(expiresAt * 1000).toISOString() };
}
