import type { DependentRecord, SecretVersion } from '../../domain/credential';
import { IncidentError } from '../../domain/errors';
import { parseJson } from '../../domain/parse-json';
import type { SecretStore } from '../../domain/ports/stores';
import { secretMaterial } from '../../domain/secret-material';
import { fill, namesIn } from '../providers/http-template';

/**
 * What a service reads that can only be given the value: its template with the fields of the secret material, or all of it as JSON. It must not leave
 * the call that writes it. @throws IncidentError DEPENDENT_REFUSED where the template names what this credential does not have; SECRET_UNREADABLE
 */
export async function contentOf(
  secrets: Pick<SecretStore, 'get'>,
  { secret, version, publicId, credentialId }: SecretVersion,
  template: string | undefined,
  { id }: DependentRecord,
): Promise<string> {
  const read = secretMaterial.safeParse(parseJson(await secrets.get(secret)));
  if (!read.success) throw new IncidentError('SECRET_UNREADABLE', { path: secret.path, version });
  if (template === undefined) return `${JSON.stringify({ credential: credentialId, version, material: read.data })}\n`;
  const fields = Object.entries(read.data).map(([name, value]) => [name, String(value)]);
  const values = { ...(Object.fromEntries(fields) as Record<string, string>), version: String(version), publicId };
  // A service that is given half of what it needs is down.
  const missing = namesIn(template).filter((name) => !Object.hasOwn(values, name));
  if (missing.length > 0)
    throw new IncidentError('DEPENDENT_REFUSED', {
      dependent: id,
      failure: `no ${missing.join(', ')} for its template`,
    });
  return fill(template, values);
}
