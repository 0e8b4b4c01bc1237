import type { ManagedCredential } from '../../client/dependent';
import type { Credential } from '../../domain/credential';
import type { SecretMaterial } from '../../domain/secret-material';
import type { SettingsFile } from '../../workers/settings';

export type Kind = SecretMaterial['kind'];
export type Material<K extends Kind> = Extract<SecretMaterial, { kind: K }>;
/** Keycloak has to be fetched from Maven, and takes long to start: its contract test has it, the demo has not. */
export type ProviderId = Exclude<
  keyof NonNullable<SettingsFile['providers']>,
  'postgres-role' | 'api-token' | 'keycloak-client'
>;

/** A real server whose credentials a provider manages, with one of them to leak. */
export interface System<K extends Kind = Kind> {
  readonly provider: ProviderId;
  readonly kind: K;
  readonly credential: Pick<Credential, 'account' | 'principal' | 'scopes'>;
  /** How many calls a second it bears of each service. */
  readonly requestsPerSecond: number;
  /** `directory`: for the files of secrets that its account names. */
  start(directory: string): Promise<RunningSystem<K>>;
  /** A service that holds the credential by the client library, as its author would write it. */
  serve(credential: ManagedCredential<K>, at: string): SystemUse;
  /** Somebody with a stolen value and a common client: logs in once. @throws when it is not accepted */
  enter(material: Material<K>, at: string): Promise<SystemUse>;
}

export interface RunningSystem<K extends Kind> {
  /** Its account as it stands in the settings file. */
  readonly account: object;
  /** Where it is used, as far as the value does not say. */
  readonly at: string;
  /** Where only a person can have a value issued: what one does there. Resolves to the value. */
  readonly issue?: () => Promise<string>;
  /** How many sessions of a version the system itself counts; undefined where it keeps none. */
  sessionsOf?(material: Material<K>): Promise<number>;
  stop(): Promise<unknown>;
}

/** Something that uses a credential. */
export interface SystemUse {
  /** @throws when it does not work */
  request(n: number): Promise<unknown>;
  end(): unknown;
}
