import {
  registrationId,
  type Credential,
  type Described,
  type SecretRef,
  type SecretVersion,
} from '../domain/credential';
import { IncidentError } from '../domain/errors';
import type { AdoptedVersion, FoundVersion } from '../domain/ports/credential-provider';
import { atActivityEdge, callContext } from './activity-edge';
import type { ActivityDeps } from './deps';
import { bringToLife } from './issue-first-version';
import { issuesToPersonOnly, providerFor } from './lookup';
import { adoptionRefused } from './providers/adoption';
import { unlessMissing } from './providers/unless-missing';

/** A credential that a person registers, or describes anew. Holds no value. */
export interface Registration {
  readonly credential: Described;
  /** Whose API key it came with. */
  readonly actor: string;
  /** The workflow's run: of what is audited. */
  readonly runId: string;
  /** The version in use, which others have issued, or where only a person can have one issued the next; without it the provider mints a first one. */
  readonly found?: {
    readonly publicId?: string | undefined;
    /** Where its value waits until it has been taken in; nothing is kept there afterwards. */
    readonly given: SecretRef;
  };
}

/** How credentials come into the inventory. */
export function createRegistrationActivities(deps: ActivityDeps) {
  return atActivityEdge({
    /** Writes down what a person says of a credential, whether it is new or known. @throws IncidentError CREDENTIAL_DIFFERS, PROVIDER_UNKNOWN, DEPENDENT_UNKNOWN */
    async describeCredential(registration: Registration): Promise<void> {
      const registered = await deps.inventory.credentials();
      const credential = whole(registration.credential, registered);
      const strange = credential.dependents.find(({ kind }) => !deps.dependents.has(kind));
      if (providerFor(deps, credential).ownsPrincipal) mustHaveItsPrincipal(credential, registered);
      if (strange) throw new IncidentError('DEPENDENT_UNKNOWN', { dependent: strange.id, kind: strange.kind });
      await record(deps, registration, 'describe', 'intent');
      await deps.inventory.describe(credential);
      await deps.projection.write(await deps.inventory.records());
      await record(deps, registration, 'describe', 'outcome');
    },

    /**
     * Its first version, unless it has had one: minted, or as others have issued it. Where only a person can have one issued, also the next. What was given is
     * kept no longer than until then.
     */
    async takeInFirstVersion(registration: Registration): Promise<void> {
      const { found } = registration;
      const credential = await deps.inventory.credential(registration.credential.id);
      if ((await hasLived(deps, credential)) && !(found && (await isNext(deps, credential, found)))) {
        // An attempt before may have ended just before this.
        await deps.projection.write(await deps.inventory.records());
      } else {
        const secret = await reserve(deps, registration);
        const value = found && (await deps.secrets.get(found.given));
        const adopted = value === undefined ? undefined : adopt(deps, credential, { ...found, ...secret, value });
        await record(deps, registration, 'first-version', 'intent');
        await bringToLife(deps, { credential, secret, adopted, context: callContext(keyOf(registration)) }).catch(
          (error: unknown) => {
            // A replacement would be minted anew; nobody else has this value.
            if (adopted && error instanceof IncidentError && error.code === 'REPLACEMENT_REJECTED')
              throw adoptionRefused('its system does not accept the value, or not with the rights of its dependents');
            throw error;
          },
        );
        await record(deps, registration, 'first-version', 'outcome');
      }
      if (found) await deps.secrets.destroy(found.given);
    },

    /** The undo of a first version that was never seen to work: its value is kept nowhere, and what was minted is ended. What others have issued is theirs to end. */
    async undoFirstVersion(registration: Registration & { readonly isDescribed: boolean }): Promise<void> {
      const { found, isDescribed } = registration;
      if (found) await deps.secrets.destroy(found.given);
      if (!isDescribed) return;
      const credential = await deps.inventory.credential(registration.credential.id);
      if ((await hasLived(deps, credential)) && !(found && isIssuedByPerson(deps, credential))) return;
      const secret = await reserve(deps, registration);
      const reserved = await deps.inventory.version(credential.id, secret.version);
      if (isKnown(reserved)) return;
      if (!found) await providerFor(deps, credential).discard(credential, reserved, callContext(keyOf(registration)));
      await deps.secrets.destroy(secret);
      await deps.inventory.setState(credential.id, secret.version, 'discarded');
      await record(deps, registration, 'undone', 'outcome');
    },
  });
}

export type RegistrationActivities = ReturnType<typeof createRegistrationActivities>;

async function hasLived(deps: ActivityDeps, { id }: Pick<Credential, 'id'>): Promise<boolean> {
  return (await deps.inventory.versions(id)).some(isKnown);
}

/** It was seen to work, whatever became of it since. */
function isKnown({ state }: Pick<SecretVersion, 'state'>): boolean {
  return state !== 'pending' && state !== 'discarded';
}

function isIssuedByPerson(deps: ActivityDeps, credential: Credential): boolean {
  return issuesToPersonOnly(providerFor(deps, credential));
}

/** The same in every attempt. */
function reserve(deps: ActivityDeps, registration: Registration): Promise<SecretRef> {
  return deps.inventory.reserveVersion(registration.credential.id, keyOf(registration), deps.stores.byDefault);
}

function adopt(deps: ActivityDeps, credential: Credential, { version, publicId, value }: FoundVersion): AdoptedVersion {
  const provider = providerFor(deps, credential);
  if (!provider.adopt) throw adoptionRefused(`what others have issued can not be ended at ${provider.id}`);
  return provider.adopt(credential, { version, publicId, value });
}

/**
 * Whether what is given is another version than those it has had. Only a person may have one issued, or it would be taken for one of them.
 * @throws IncidentError ADOPTION_REFUSED
 */
async function isNext(
  deps: ActivityDeps,
  credential: Credential,
  { publicId, given }: NonNullable<Registration['found']>,
): Promise<boolean> {
  const value = await unlessMissing(() => deps.secrets.get(given));
  // An attempt before has taken it in, or looked at it.
  if (value === undefined) return false;
  const versions = (await deps.inventory.versions(credential.id)).filter(isKnown);
  const isOwn = versions.some((one) => {
    try {
      const found = adopt(deps, credential, { version: one.version, publicId, value });
      return found.publicId === one.publicId || found.subjects.some((subject) => one.subjects.includes(subject));
    } catch (error) {
      // Not by the name that this one has.
      if (error instanceof IncidentError && error.code === 'ADOPTION_REFUSED') return false;
      throw error;
    }
  });
  if (!isOwn && !isIssuedByPerson(deps, credential))
    throw adoptionRefused('it has a version already, and this is none of its own: only the first can be taken in');
  return !isOwn;
}

/** Two credentials would give their versions the same names, and each undo would end the other's. */
function mustHaveItsPrincipal(
  { id, provider, account, principal }: Credential,
  registered: readonly Credential[],
): void {
  const other = registered.find(
    (one) => one.id !== id && one.provider === provider && one.account === account && one.principal === principal,
  );
  if (other) throw new IncidentError('SUBJECT_TAKEN', { principal, credential: other.id });
}

/** What was not said stays as it was, and is as usual of one that is new. */
function whole(said: Described, registered: readonly Credential[]): Credential {
  const known = registered.find(({ id }) => id === said.id);
  // JSON, as which it came, has no undefined fields.
  return { ...(known ?? USUAL), ...said } as Credential;
}

/** Of a credential of which nothing else is said. */
const USUAL = {
  principalKind: 'workload',
  environment: 'production',
  criticality: 2,
  protection: 'normal',
  scopes: [],
  knownContexts: [],
  dependents: [],
} as const;

const keyOf = ({ credential, runId }: Registration): string => `${runId}/register/${credential.id}`;

function record(
  deps: ActivityDeps,
  registration: Registration,
  action: string,
  phase: 'intent' | 'outcome',
): Promise<void> {
  const { credential, actor, runId, found } = registration;
  return deps.audit.append({
    incidentId: registrationId(credential.id),
    workflowRunId: runId,
    actor,
    action: `register-${action}`,
    phase,
    stepKey: `${keyOf(registration)}/${action}`,
    detail: {
      credential: credential.id,
      provider: credential.provider,
      account: credential.account,
      principal: credential.principal,
      issuedBy: found ? 'others' : 'its provider',
    },
  });
}
