import { IncidentError } from '../../domain/errors';
import type { FoundVersion } from '../../domain/ports/credential-provider';

/** What the system calls a version that others have issued. `what`: an example, for people. @throws IncidentError ADOPTION_REFUSED */
export function nameOfFound({ publicId }: FoundVersion, what: string): string {
  if (publicId === undefined) throw adoptionRefused(`publicId is missing: ${what}`);
  return publicId;
}

/** Why a version that others have issued can't be taken in; holds no value. */
export function adoptionRefused(reason: string): IncidentError {
  return new IncidentError('ADOPTION_REFUSED', { reason });
}
